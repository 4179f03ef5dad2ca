package com.bytefreezer.connector.input.socket;

import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.signs.Seldom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** How many datagrams for a port the kernel has dropped, as Linux tells it. For one thread. */
final class UdpDrops {
    private static final List<Path> TABLES = List.of(Path.of("/proc/net/udp"), Path.of("/proc/net/udp6"));
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final String port;
    private final Seldom untold = new Seldom();
    private Moment looked = Moment.now();
    private long known;

    UdpDrops(int port) {
        this.port = ":%04X".formatted(port);
        known = all();
    }

    /** How many to tell of now. */
    long more() {
        if (looked.past().compareTo(LOOK) < 0) {
            return 0;
        }
        looked = Moment.now();
        long before = known;
        known = all();
        return untold.add(Math.max(0, known - before));
    }

    /** Since the socket is open; 0 where there are no such tables. */
    long all() {
        return TABLES.stream().mapToLong(this::in).sum();
    }

    private long in(Path table) {
        try {
            return Files.readAllLines(table).stream()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(columns -> columns.length > 12 && columns[1].endsWith(port))
                    .mapToLong(columns -> Long.parseLong(columns[columns.length - 1]))
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }
}
