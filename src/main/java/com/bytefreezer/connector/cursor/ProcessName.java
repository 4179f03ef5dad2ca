package com.bytefreezer.connector.cursor;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * Names a process among all that may share a cursor.
 *
 * @param text its machine, number and start
 */
public record ProcessName(String text) {
    /** A process on another machine counts as gone after this much silence. */
    private static final Duration GONE = Duration.ofSeconds(60);

    private static final String MACHINE = machine();

    /** The name for one of this process's cursors. */
    static ProcessName ofThis() {
        ProcessHandle self = ProcessHandle.current();
        return new ProcessName("%s %d %d %s".formatted(MACHINE, self.pid(), start(self), UUID.randomUUID()));
    }

    /**
     * Whether the process has ended: certain for a process of this machine, a guess for others.
     *
     * @param silence since its last heartbeat, by the store's clock, because the machines' clocks may differ
     */
    boolean isGone(Duration silence) {
        String[] parts = text.split(" ");
        if (parts.length != 4 || !parts[0].equals(MACHINE)) {
            return silence.compareTo(GONE) > 0;
        }
        return ProcessHandle.of(Long.parseLong(parts[1]))
                .filter(process -> start(process) == Long.parseLong(parts[2]))
                .isEmpty();
    }

    private static long start(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static String machine() {
        try {
            return InetAddress.getLocalHost().getHostName().replace(' ', '_');
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
