package com.bytefreezer.connector.receive;

import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;

/** The priorities of syslog: a facility and a severity, with the names that {@code syslog(3)} gives them. */
final class SyslogPriority {
    private static final String[] FACILITIES = {
        "kern",
        "user",
        "mail",
        "daemon",
        "auth",
        "syslog",
        "lpr",
        "news",
        "uucp",
        "cron",
        "authpriv",
        "ftp",
        "ntp",
        "audit",
        "alert",
        "clock",
        "local0",
        "local1",
        "local2",
        "local3",
        "local4",
        "local5",
        "local6",
        "local7"
    };
    private static final String[] SEVERITIES = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

    static final int HIGHEST = FACILITIES.length * SEVERITIES.length - 1;

    private static final byte[][] MEMBERS =
            IntStream.rangeClosed(0, HIGHEST).mapToObj(SyslogPriority::written).toArray(byte[][]::new);

    private SyslogPriority() {}

    /**
     * Its members of JSON.
     *
     * @param priority at most {@link #HIGHEST}
     */
    static byte[] members(int priority) {
        return MEMBERS[priority];
    }

    private static byte[] written(int priority) {
        return "\"priority\":%d,\"facility\":\"%s\",\"severity\":\"%s\""
                .formatted(priority, FACILITIES[priority / SEVERITIES.length], SEVERITIES[priority % SEVERITIES.length])
                .getBytes(StandardCharsets.US_ASCII);
    }
}
