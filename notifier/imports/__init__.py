"""Subscribers of another system, brought in from its CSV.

    bytes --reading--> Table --columns--> Mapping --entries--> Entry, Refusal --deciding--> Decision --running--> rows

A file is taken up as an `Import` with its rows sealed (`batches`), looked through without writing (`look_through`), run
batch by batch (`work`), and taken back (`undo`). A batch is one transaction: killed anywhere, it goes on where it was.
"""
