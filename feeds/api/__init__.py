"""`/api/`: programs push releases into the store, each with the token of one source of kind api.

    request -> middleware -> auth -> bodies -> writing (intake, under its lock) -> notice -> representation -> answer

`views` has the routes; `problems` every way in which a request can fail; `document` the OpenAPI description. For those
who use it there is docs/api.md.
"""
