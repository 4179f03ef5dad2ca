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
    /** Of a process on another machine, that has been silent for so long, nothing more is to be heard. */
    private static final Duration GONE = Duration.ofSeconds(60);

    private static final String MACHINE = machine();

    /** One of the cursors that this process has. */
    static ProcessName ofThis() {
        ProcessHandle self = ProcessHandle.current();
        return new ProcessName("%s %d %d %s".formatted(MACHINE, self.pid(), start(self), UUID.randomUUID()));
    }

    /**
     * Whether the process has ended: known for one of this machine, guessed for others.
     *
     * @param silence since it was heard last; by the store's clock, since that of each machine may be another
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
