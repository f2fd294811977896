"""`/setup`: from an empty installation to the first message, in a browser, before anybody has an account.

a start prints a link -> gate (code -> session) -> steps, in any order -> account -> a test message -> what readers see
"""
