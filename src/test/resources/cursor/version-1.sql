-- What a connector of schema 1 leaves when it is killed: two small objects delivered, 4,000 records of a big one.
BEGIN TRANSACTION;
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES(1);
CREATE TABLE lane (name TEXT PRIMARY KEY, start_ms BIGINT NOT NULL, watermark_ms BIGINT NOT NULL, listing TEXT) WITHOUT ROWID;
CREATE TABLE object (lane TEXT, key TEXT, size BIGINT, last_modified_ms BIGINT, complete BOOLEAN NOT NULL, query TEXT NOT NULL, selected BIGINT, accepted BIGINT, duplicates BIGINT, dead_lettered BIGINT, updated_ms BIGINT, PRIMARY KEY (lane, key, size, last_modified_ms)) WITHOUT ROWID;
INSERT INTO object VALUES('default/webhook','year=2026/month=11/day=20/hour=12/a.parquet',8283,1795176000000,1,'d909268b-f332-3fb7-9da1-82b1f61e4c28',200,200,0,0,1795774081161);
INSERT INTO object VALUES('default/webhook','year=2026/month=11/day=20/hour=12/b.parquet',8051,1795176001000,1,'d909268b-f332-3fb7-9da1-82b1f61e4c28',0,0,0,0,1795774081161);
INSERT INTO object VALUES('default/webhook','year=2026/month=11/day=20/hour=12/big.parquet',714862,1795176002000,0,'d909268b-f332-3fb7-9da1-82b1f61e4c28',7000,4000,0,0,1795774081223);
CREATE TABLE run (lane TEXT, started_ms BIGINT, finished_ms BIGINT NOT NULL, state TEXT NOT NULL, objects BIGINT NOT NULL, selected BIGINT NOT NULL, accepted BIGINT NOT NULL, duplicates BIGINT NOT NULL, dead_lettered BIGINT NOT NULL, retries TEXT NOT NULL, listed INTEGER NOT NULL, oldest_undelivered_ms BIGINT, message TEXT, PRIMARY KEY (lane, started_ms));
CREATE TABLE total (lane TEXT PRIMARY KEY, selected BIGINT NOT NULL, accepted BIGINT NOT NULL, duplicates BIGINT NOT NULL, dead_lettered BIGINT NOT NULL, retries TEXT NOT NULL, last_success_ms BIGINT);
COMMIT;
