"""How commands are used. Each line is read by the command line itself in a test."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "herald run": ("herald run", "HERALD_PORT=8080 herald run"),
    "herald demo": ("herald demo", "herald demo --bare --fresh --port 8100"),
    "herald import": (
        "herald import newsroom",
        "herald import releases.ndjson --source newsroom --announce",
        "cat page.html | herald import - --json",
    ),
    "herald build": ("herald build --all",),
    "herald digest preview": (
        "herald digest preview --topic border-management --language ru",
        "herald digest preview --subscriber ann@example.org --as eml --out digest.eml",
    ),
    "herald digest due": ("herald digest due --at 2026-11-24T07:00+01:00",),
    "herald digest explain": ("herald digest explain ann@example.org 2025/31",),
    "herald digest foresight": ("herald digest foresight --topic elections --office osce-centre-in-ashgabat",),
    "herald dispatch test": ("herald dispatch test 17 editor@example.org",),
    "herald releases correct": ("herald releases correct 2025/31 --notify --note 'The date was wrong.'",),
    "herald subscribers add": (
        "herald subscribers add ann@example.org --topic elections --frequency daily --time 07:30",
        "herald subscribers add ann@example.org --selection 'office=osce-centre-in-ashgabat&q=border'",
    ),
    "herald subscribers change": (
        "herald subscribers change ann@example.org --frequency weekly --days 15",
    ),
    "herald subscribers import": (
        "herald subscribers import members.csv --topic elections --dry-run",
        "herald subscribers import members.csv --column address=Email --confirmed --basis 'asked on paper in May 2026'",
    ),
    "herald subscribers export": ("herald subscribers export ann@example.org > ann.json",),
    "herald subscribers list": ("herald subscribers list --as ndjson",),
    "herald suppressions add": ("herald suppressions add ann@example.org --days 30",),
    "herald replies read": ("herald replies read - --to bounces+token@mail.example.org", "herald replies read Maildir"),
    "herald sources accept": ("herald sources accept 3 --silent",),
    "herald tokens create": ("herald tokens create desk --name 'Editorial system'",),
    "herald feeds stats": ("herald feeds stats --feed topics/border-management --days 7",),
    "herald config export": ("herald config export newsroom", "herald config export before --revision 12"),
    "herald config diff": ("herald config diff newsroom --json",),
    "herald config apply": ("herald config apply newsroom --note 'Offices of 2027' --yes",),
    "herald check": ("herald check", "herald check --json"),
    "herald backup": ("herald backup /srv/backups --keep 14",),
    "herald restore": (
        "herald restore herald-20261128T030000Z.tar.zst --dry-run",
    ),
    "herald resume": (
        "herald resume",
        "herald resume --after-restore --dry-run",
        "herald resume --after-restore --cancel-before 2026-11-24T12:00",
    ),
    "herald database copy": ("herald database copy postgres://herald@db.example.org/herald",),
    "herald admin create": ("herald admin create ann --role editor --link",),
    "herald audit export": ("herald audit export --as ndjson --since 2026-11-01T00:00Z",),
    "herald bench send": ("herald bench send --json",),
    "herald bench data": ("herald bench data --out releases.ndjson --releases 30000 --seed 1",),
}  # fmt: skip
