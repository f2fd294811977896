"""A backup of an installation as one file, and putting it back.

    database --dumping--> + erasures, config/*.toml --archive--> herald-20261128T030000Z.tar.zst --restoring--> database

The archive is a tar file packed by zstd (RFC 8878), its first member `manifest.json`. The keys are not in it: a backup
without them names nobody.
"""
