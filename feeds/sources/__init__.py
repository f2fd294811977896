"""The ways in: each reads what an upstream gives and yields `RawItem`s, as they stand there."""
