"""The newsroom's public pages. They read; no request to them changes a row."""
