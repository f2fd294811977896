"""`herald demo`: a newsroom to look at in a browser. Its mail never leaves the machine."""
