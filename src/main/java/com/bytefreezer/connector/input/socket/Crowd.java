package com.bytefreezer.connector.input.socket;

import com.sun.management.UnixOperatingSystemMXBean;
import io.vertx.core.net.NetSocket;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The connections of all feeds, so many that exports keep enough file descriptors. One too many replaces the one that has
 * been silent for longest. Safe for use by several threads.
 */
final class Crowd {
    private static final int FALLBACK = 1000;
    /** The share of the process's file descriptors. */
    private static final double SHARE = 0.6;

    private final int most;
    /** The one that was silent for longest comes first. */
    private final Set<NetSocket> all = new LinkedHashSet<>();

    Crowd(int most) {
        this.most = most;
    }

    static int most() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? (int) Math.max(16, Math.min(1_000_000, system.getMaxFileDescriptorCount() * SHARE))
                : FALLBACK;
    }

    /** The connection that must end for a new one, if there are too many. */
    synchronized Optional<NetSocket> enter(NetSocket socket) {
        all.add(socket);
        return all.size() > most ? Optional.of(all.iterator().next()) : Optional.empty();
    }

    synchronized void speaks(NetSocket socket) {
        if (all.remove(socket)) {
            all.add(socket);
        }
    }

    synchronized void leave(NetSocket socket) {
        all.remove(socket);
    }
}
