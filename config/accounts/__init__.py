"""Those who work here: how they sign in, stay signed in, and leave.

name, password -> throttle -> Django -> second factor -> session -> (idle 12 h, 7 days in all) -> gone
"""
