package com.bytefreezer.connector.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Events like those of Windows hosts: about 450 columns, of which each kind of event fills some twenty; long messages,
 * nested structs, and columns that are DOUBLE in some objects and VARCHAR in others. The same on every machine.
 */
public final class WideEvents {
    /** How many records each object of a lake has; 299,083 together. */
    public static final List<Integer> OBJECTS = List.of(
            98_327, 61_440, 36_713, 23_811, 17_003, 12_288, 9_601, 8_192, 7_177, 6_211, 5_003, 4_096, 3_301, 2_503,
            1_511, 977, 611, 307, 11);

    /** Columns of all kinds. */
    public static final int COLUMNS = 453;

    private static final int KINDS = 41;
    private static final int OF_EACH_KIND = 10;
    private static final String[] PREFIXES = {
        "Target", "Subject", "Source", "Destination", "Object", "Process", "Parent", "Service", "Logon", "Access"
    };
    private static final String[] SUFFIXES = {
        "UserName",
        "DomainName",
        "LogonId",
        "Address",
        "PortNumber",
        "ServerName",
        "ImageFileName",
        "Privileges",
        "Status",
        "Guid"
    };

    private WideEvents() {}

    /**
     * The statement that writes one object.
     *
     * @param object its number: what columns it has, and of which type, depends on it
     */
    public static String copy(int object, long records, Path file) {
        return "COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION snappy)".formatted(select(object, records), file);
    }

    private static String select(int object, long records) {
        List<String> columns = new ArrayList<>(
                List.of(
                        "1790000000000 + i AS BfTs",
                        "TIMESTAMP '2026-11-01 00:00:00' + to_milliseconds(i * 37) AS \"@timestamp\"",
                        "'host-' || h % 23 || '.corp.example.com' AS Hostname",
                        "'Microsoft-Windows-Provider-' || kind AS SourceName",
                        "(4600 + kind)::DOUBLE AS EventID",
                        "{'name': 'host-' || h % 23, 'os': {'family': 'windows', 'build': 19041.0, 'version': NULL::VARCHAR}} AS host",
                        "{'beat': 'winlogbeat', 'version': '8.' || h % 3 || '.1', 'topic': CASE WHEN kind < 3 THEN 'winlog' END} AS \"@metadata\"",
                        "['audit', CASE WHEN h % 7 = 0 THEN 'failure' ELSE 'success' END] AS tags",
                        "CASE WHEN kind % 5 = 0 THEN {'ip': '10.0.' || h % 9 || '.1', 'geo': {'city': NULL::VARCHAR, 'lat': (h % 90)::DOUBLE}} END AS client",
                        "'0x' || h % 5 || '8020000000000000' AS Keywords",
                        "kind % 3 = 0 AS Success",
                        "format('{:s} Subject: Security ID: S-1-5-18 Account Name: HOST-{:d}$ {:s}', message, h % 23, repeat('Process Information: New Process ID: 0x1a4 Token Elevation Type: %%1936 ', 3 + (kind % 9)::INTEGER)) AS Message"));
        // Every third column is text in every other object.
        for (int kind = 0; kind < KINDS; kind++) {
            for (int i = 0; i < OF_EACH_KIND; i++) {
                int number = kind * OF_EACH_KIND + i;
                String type =
                        number % 3 == 0 ? (object % 2 == 0 ? "DOUBLE" : "VARCHAR") : number % 7 == 0 ? "BOOLEAN" : "";
                String value = type.isEmpty()
                        ? "'value-' || h // %d %% 11".formatted(number + 1)
                        : "(h // %d %% 2)::%s".formatted(number + 1, type);
                columns.add("CASE WHEN kind = %d THEN %s END AS %s%s%02d"
                        .formatted(kind, value, PREFIXES[number % 10], SUFFIXES[(number / 10) % 10], kind));
            }
        }
        for (int i = columns.size(); i < COLUMNS; i++) {
            columns.add(
                    "CASE WHEN h %% %d = 0 THEN 'C:\\Windows\\System32\\module-' || h %% 17 || '.exe' END AS CommonField%02d"
                            .formatted(2 + i % 13, i % 100));
        }
        return String.format(
                Locale.ROOT,
                "SELECT %s FROM (SELECT i, (hash(i // 4) >> 2)::BIGINT AS h, (hash(i // 16) >> 3)::BIGINT %% %d AS kind, ['A new process has been created.',"
                        + " 'An account was successfully logged on.', 'The handle to an object was closed.'][1 + (i %% 3)::INTEGER] AS message FROM range(%d, %d) AS r(i))",
                String.join(", ", columns),
                KINDS,
                object * 1_000_000L,
                object * 1_000_000L + records);
    }
}
