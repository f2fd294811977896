"""Search over the releases that a reader may see.

    query -> index (SQLite's FTS5 or PostgreSQL's full text) -> ids, the best first -> snippets
    numbered changes -> keeping -> index

Both databases hold the same words, made by `feeds.search.query.tokens`; neither stems or knows a language.
"""
