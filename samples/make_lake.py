"""Makes samples/lake: three days of three datasets, laid out as ByteFreezer's packer lays them out.

    pip install duckdb==1.5.5
    python make_lake.py

Deletes samples/lake and writes it anew. Seed and dates are fixed, so each run gives the same records.
All names and addresses are invented; the public addresses are from the ranges kept for documentation.
"""

import base64
import hashlib
import json
import os
import random
import shutil
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb

LAKE = Path(__file__).resolve().parent / "lake"
TENANT = "acme"
FLUSH_WINDOW_SECONDS = 20 * 60  # an object holds what arrived in the 20 minutes before packer flushed it

# When packer flushed (UTC; it names partition and object), how many records, and what is odd about the object.
# "sibling": another object of the same second. "part": a second part of the object before it.
# "late": its upload was retried for two days, so it appeared in an old partition, under an old name.
OBJECTS = {
    "syslog": [
        ("2026-11-18 00:07:12", 310), ("2026-11-18 09:20:41", 420), ("2026-11-18 09:40:05", 180, "late"),
        ("2026-11-18 14:12:30", 390), ("2026-11-19 01:05:18", 290), ("2026-11-19 14:31:07", 500),
        ("2026-11-19 14:31:07", 160, "part"), ("2026-11-19 14:31:07", 240, "sibling"), ("2026-11-19 23:47:55", 330),
        ("2026-11-20 00:12:02", 300), ("2026-11-20 09:03:44", 450), ("2026-11-20 14:26:19", 430),
    ],
    "firewall": [
        ("2026-11-18 00:09:50", 210), ("2026-11-18 09:22:13", 240), ("2026-11-18 23:51:36", 200),
        ("2026-11-19 01:10:27", 190), ("2026-11-19 09:15:00", 260), ("2026-11-19 14:33:48", 230),
        ("2026-11-19 14:33:48", 170, "sibling"), ("2026-11-20 01:02:09", 220), ("2026-11-20 14:28:54", 280),
    ],
    "web-access": [
        ("2026-11-18 01:14:03", 150), ("2026-11-18 09:25:32", 230), ("2026-11-18 14:17:11", 240),
        ("2026-11-18 23:55:29", 180), ("2026-11-19 09:18:46", 220), ("2026-11-19 09:18:46", 160, "sibling"),
        ("2026-11-19 14:35:20", 250), ("2026-11-20 00:15:58", 140), ("2026-11-20 09:06:37", 230),
        ("2026-11-20 14:29:41", 200),
    ],
}
LATE_BY = timedelta(days=2, hours=5)
SEVERITY_SINCE = datetime(2026, 11, 20)  # a transformation began to add syslog.severity
TEXT_PORTS_SINCE = datetime(2026, 11, 19, 12)  # the firewall began to send DPT as text
TMP_TWIN = "2026-11-18 14:12:30"  # packer died between copy and delete here: syslog keeps a .tmp twin
METADATA_BESIDE = "2026-11-19 01:05:18"  # syslog has a _metadata file in this object's partition

# Packer's types: every JSON number is a DOUBLE, RFC 3339 text a millisecond TIMESTAMP, a nested object JSON text.
DOUBLES = {"LEN", "TTL", "SPT", "status", "bytes", "duration_ms", "severity"}

HOSTS = {"bastion-01": "10.20.0.5", "web-01": "10.20.1.11", "web-02": "10.20.1.12", "db-01": "10.20.2.21",
         "mail-01": "10.20.3.31"}
PUBLIC_NETS = ["192.0.2.", "198.51.100.", "203.0.113."]
STAFF = ["alice", "bob", "chen.wei", "deploy", "zoë", "o'brien"]
GUESSED_USERS = ["root", "root", "root", "invalid user admin", "invalid user oracle", "invalid user test", "ubuntu"]

# weight, app_name, priority (facility * 8 + severity), message
SYSLOG_LINES = [
    (10, "sshd", 86, "Failed password for {guess} from {ip} port {port} ssh2"),
    (8, "sshd", 86, "Accepted publickey for {staff} from {ip} port {port} ssh2: ED25519 SHA256:{digest}"),
    (3, "sshd", 86, "Accepted password for {staff} from 10.20.9.{n} port {port} ssh2"),
    (6, "sshd", 86, "Connection closed by authenticating user root {ip} port {port} [preauth]"),
    (6, "sshd", 86, "pam_unix(sshd:session): session opened for user {staff}(uid=1{n:03d}) by (uid=0)"),
    (3, "sshd", 85, "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip}"),
    (4, "sudo", 85, "{staff} : TTY=pts/{tty} ; PWD=/srv ; USER=root ; COMMAND=/usr/bin/systemctl restart nginx"),
    (2, "sudo", 85, '{staff} : TTY=pts/{tty} ; PWD=/srv ; USER=root ; COMMAND=/bin/sh -c "grep \\"GET /\\" *.log"'),
    (1, "sudo", 81, "{staff} : user NOT in sudoers ; TTY=pts/{tty} ; PWD=/ ; USER=root ; COMMAND=/usr/bin/bash"),
    (14, "CRON", 78, "(root) CMD (   cd / && run-parts --report /etc/cron.hourly)"),
    (8, "CRON", 78, "(deploy) CMD (/opt/backup/run.sh --target=s3 >/dev/null 2>&1)"),
    (12, "systemd", 30, "Started Session {port} of User {staff}."),
    (8, "systemd", 30, "logrotate.service: Deactivated successfully."),
    (2, "systemd", 27, "Failed to start nginx.service - A high performance web server and a reverse proxy server."),
    (8, "kernel", 6, '[{uptime:.6f}] audit: type=1400 apparmor="ALLOWED" operation="open" profile="mysqld" pid={port}'),
    (3, "kernel", 4, "[{uptime:.6f}] TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies."),
    (1, "kernel", 3, "[{uptime:.6f}] EXT4-fs error (device sdb1): ext4_find_entry:1455: inode #{port}: comm rsync"),
    (1, "kernel", 2, "[{uptime:.6f}] Out of memory: Killed process {port} (java) anon-rss:412{n}kB"),
]

PORTS = [(22, "TCP"), (23, "TCP"), (443, "TCP"), (445, "TCP"), (3389, "TCP"), (8080, "TCP"), (53, "UDP"), (5060, "UDP"),
         (None, "ICMP")]

PLAIN_PATHS = ["/", "/index.html", "/login", "/logout", "/api/v1/orders", "/api/v1/orders/4711", "/api/v1/users/me",
               "/static/app.js", "/static/site.css", "/images/logo.svg", "/search?q=winter+boots", "/health"]
ODD_PATHS = [  # as a web server logs them after decoding
    '/search?q="exact phrase"', "/search?q='; DROP TABLE orders;--", "/search?q=<script>alert(1)</script>",
    "/comment?text=<img src=x onerror=alert(1)>", "/download?file=..\\..\\Windows\\win.ini", "/menü/crème-brûlée",
    "/検索?q=雪", "/share/🎿", "/api/v1/orders?note=100%25&sort=-date", "/login?user=admin\nstatus=200",
]
USER_AGENTS = [  # weight, text, what the useragent filter makes of it
    (10, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
     {"name": "Chrome", "version": "141.0.0.0", "os": "Windows 10", "mobile": False}),
    (7, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1",
     {"name": "Safari", "version": "18.6", "os": "iOS 18.6", "mobile": True}),
    (5, "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
     {"name": "Firefox", "version": "144.0", "os": "Linux", "mobile": False}),
    (3, "curl/8.14.1", {"name": "curl", "version": "8.14.1", "os": "", "mobile": False}),
    (1, 'Scanner "quick\\deep" <script src=//evil.example/x.js></script>', None),
    (1, "Skibot/2.0 (Müller & Söhne; ⛷)", {"name": "Skibot", "version": "2.0", "os": "", "mobile": False}),
    (1, None, None),
]
PLACES = [("United States", "Ashburn", 39.0438, -77.4874), ("Germany", "Nürnberg", 49.4521, 11.0767),
          ("Japan", "Tokyo", 35.6895, 139.6917), ("Brazil", "São Paulo", -23.5475, -46.6361),
          ("Côte d'Ivoire", "Abidjan", 5.3097, -4.0127), ("Canada", "Montréal", 45.5088, -73.5878)]


def weighted(rng, choices):
    """Picks one of (weight, ...) and returns it without the weight."""
    return rng.choices(choices, [choice[0] for choice in choices])[0][1:]


def public_ip(rng):
    return rng.choice(PUBLIC_NETS) + str(rng.randint(1, 254))


def json_text(value):
    return value and json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def syslog(rng, flushed):
    host = rng.choice(list(HOSTS))
    app, priority, line = weighted(rng, SYSLOG_LINES)
    message = line.format(guess=rng.choice(GUESSED_USERS), staff=rng.choice(STAFF), ip=public_ip(rng),
                          port=rng.randint(1024, 65535), n=rng.randint(1, 250), tty=rng.randint(0, 4),
                          uptime=rng.uniform(9e5, 2e6), digest=base64.b64encode(rng.randbytes(32)).decode().rstrip("="))
    record = {
        "source_ip": HOSTS[host], "rfc": "5424", "priority": str(priority), "hostname": host, "app_name": app,
        "proc_id": None if app == "kernel" else str(rng.randint(700, 65000)),
        "msg_id": "LOGIN" if "session opened" in line else None, "message": message,
    }
    return record | ({"severity": priority % 8} if flushed >= SEVERITY_SINCE else {})


def firewall(rng, flushed):
    port, protocol = rng.choice(PORTS)
    text_ports = flushed >= TEXT_PORTS_SINCE
    return {
        "source_ip": "10.20.0.1", "hostname": "fw-01",
        "action": rng.choices(["BLOCK", "ALLOW", "AUDIT"], [7, 2, 1])[0], "IN": "eth0", "OUT": rng.choice(["", "eth1"]),
        "SRC": public_ip(rng), "DST": rng.choice(list(HOSTS.values())),
        "LEN": rng.choice([40, 44, 52, 60, 84, 1500]), "TTL": rng.randint(38, 250), "PROTO": protocol,
        "SPT": port and rng.randint(1024, 65535), "DPT": str(port) if port and text_ports else port,
    }


def web_access(rng, flushed):
    agent, parsed_agent = weighted(rng, USER_AGENTS)
    host = rng.randint(1, 254)
    internal = rng.random() < 0.15
    country, city, latitude, longitude = PLACES[host % len(PLACES)]  # one address stays in one place
    status = rng.choices([200, 201, 302, 304, 401, 403, 404, 500, 502, 503], [70, 5, 5, 6, 3, 2, 6, 2, 1, 1])[0]
    return {
        "client_ip": ("10.20.9." if internal else rng.choice(PUBLIC_NETS)) + str(host),
        "method": rng.choices(["GET", "POST", "PUT", "DELETE"], [80, 15, 3, 2])[0],
        "path": rng.choice(ODD_PATHS if rng.random() < 0.06 else PLAIN_PATHS), "status": status,
        "bytes": None if status == 304 else rng.randint(120, 250_000), "duration_ms": round(rng.expovariate(1 / 80), 3),
        "user_agent": agent, "ua": json_text(parsed_agent),
        "username": rng.choice(STAFF) if rng.random() < 0.2 else None,
        "geoip": None if internal else json_text(
            {"country_name": country, "city_name": city, "latitude": latitude, "longitude": longitude}),
    }


RECORD_MAKERS = {"syslog": syslog, "firewall": firewall, "web-access": web_access}


def make_records(rng, dataset, flushed, count):
    """Records of one object, in the order of their event time."""
    ages = sorted((rng.uniform(5, FLUSH_WINDOW_SECONDS) for _ in range(count)), reverse=True)
    for age in ages:
        happened = flushed - timedelta(seconds=age)
        ingested = happened + timedelta(milliseconds=rng.randint(20, 2500))
        yield {"BfTs": int(ingested.replace(tzinfo=timezone.utc).timestamp() * 1000),
               "timestamp": happened.isoformat(sep=" ", timespec="milliseconds"),
               **RECORD_MAKERS[dataset](rng, flushed)}


def column_types(rng, dataset, flushed, names):
    """BfTs first, the others in any order: packer's order differs from object to object."""
    others = sorted(set(names) - {"BfTs"})
    rng.shuffle(others)
    types = {name: "DOUBLE" if name in DOUBLES else "VARCHAR" for name in others}
    types["timestamp"] = "TIMESTAMP_MS"
    if dataset == "firewall" and flushed < TEXT_PORTS_SINCE:
        types["DPT"] = "DOUBLE"
    return {"BfTs": "BIGINT"} | types


def write_parquet(records, types, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ndjson = Path(folder, "records.ndjson")
        ndjson.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        rows = duckdb.read_json(str(ndjson), columns=types, format="newline_delimited")
        rows.write_parquet(str(path), compression="zstd")


def write_metadata(path, flushed):
    """Packer's summary of one partition; it is JSON, although Parquet tools expect Parquet under this name."""
    columns = duckdb.sql("SELECT name, type FROM parquet_schema($path) WHERE type IS NOT NULL",
                         params={"path": str(path)}).fetchall()
    rows = duckdb.read_parquet(str(path)).count("*").fetchone()[0]
    (path.parent / "_metadata").write_text(json.dumps({
        "version": "1.0",
        "schema": {"type": "struct",
                   "fields": [{"name": name, "type": kind, "nullable": name != "BfTs"} for name, kind in columns]},
        "num_rows": rows, "total_size_bytes": path.stat().st_size, "file_count": 1,
        "generated_by": "bytefreezer-packer", "generated_at": f"{flushed.isoformat()}Z",
    }, indent=2) + "\n", encoding="utf-8")


def make_dataset(dataset):
    stem, part = "", 1
    for number, (flushed_at, count, *oddity) in enumerate(OBJECTS[dataset]):
        rng = random.Random(f"{TENANT}/{dataset}/{number}")
        flushed = datetime.fromisoformat(flushed_at)
        if "part" in oddity:
            part += 1
        else:
            source = hashlib.sha256(f"{dataset} {number}".encode()).hexdigest()[:12]
            stem, part = f"{TENANT}_{dataset}_{flushed:%Y%m%d_%H%M%S}_{source}", 1
        name = stem + (f"_part{part:03d}" if part > 1 else "") + ".parquet"
        path = LAKE / TENANT / dataset / "data/parquet" / f"{flushed:year=%Y/month=%m/day=%d/hour=%H}" / name

        records = list(make_records(rng, dataset, flushed, count))
        write_parquet(records, column_types(rng, dataset, flushed, records[0]), path)

        uploaded = flushed + timedelta(seconds=30) + (LATE_BY if "late" in oddity else timedelta())
        os.utime(path, (uploaded.replace(tzinfo=timezone.utc).timestamp(),) * 2)
        if dataset == "syslog" and flushed_at == TMP_TWIN:
            shutil.copy2(path, f"{path}.tmp")
        if dataset == "syslog" and flushed_at == METADATA_BESIDE:
            write_metadata(path, flushed)


if __name__ == "__main__":
    shutil.rmtree(LAKE, ignore_errors=True)
    duckdb.execute("SET threads = 1")  # keeps the order of the records
    for name in OBJECTS:
        make_dataset(name)
