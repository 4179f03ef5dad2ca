package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.kit.Faults.Fault;
import com.bytefreezer.connector.kit.Faults.Trouble;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The real server of a destination, or its folder. If the settings point to a proxy, a proxy with the trouble is in
 * front of it; what arrives is read back. Safe for use by several threads.
 */
final class RealServer implements FarEnd {
    /** Its settings, all under {@code certify}. */
    static final List<String> SETTINGS = List.of("proxy-port", "received", "server");

    /** Each look opens the cursor; a batch takes most of a second before a kill. */
    private static final long A_MOMENT = 100_000_000;

    private final Receiver receiver;
    private final @Nullable FaultyProxy proxy;
    private final boolean kills;
    private final Path cursor;
    private final AtomicInteger killed = new AtomicInteger();

    private RealServer(Receiver receiver, @Nullable FaultyProxy proxy, boolean kills, Path cursor) {
        this.receiver = receiver;
        this.proxy = proxy;
        this.kills = kills;
        this.cursor = cursor;
    }

    /**
     * Starts to read what arrives, and to forward.
     *
     * @param port of the proxy
     * @param certify the case file's part of this name, with all addresses filled in
     * @param withProxy whether a setting points to the proxy
     * @param settings of the destination
     * @param cursor file of the connector's cursor
     * @throws ConnectorException if the server's address is missing or wrong
     */
    static RealServer start(
            int port,
            Map<String, String> certify,
            boolean withProxy,
            Map<String, String> settings,
            Path cursor,
            Marker marker,
            Fault fault) {
        InetSocketAddress server = withProxy ? address(certify.getOrDefault("server", "")) : null;
        Receiver receiver = Receiver.start(certify.getOrDefault("received", ""), settings, marker);
        FaultyProxy proxy = server == null ? null : FaultyProxy.start(port, server, fault.trouble());
        return new RealServer(receiver, proxy, fault.trouble() == Trouble.KILL, cursor);
    }

    private static InetSocketAddress address(String server) {
        int colon = server.lastIndexOf(':');
        try {
            return InetSocketAddress.createUnresolved(
                    server.substring(0, Math.max(colon, 0)), Integer.parseInt(server.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new ConnectorException(
                    "certify.server: \"%s\" is not host:port.".formatted(server),
                    Problem.NOT_STARTED,
                    "Name the server behind the proxy.",
                    e);
        }
    }

    /** In the first runs, kills the connector as soon as its cursor has recorded a delivery. */
    @Override
    public void runBegins(int number, ConnectorRun connector) {
        if (kills && number <= Faults.KILLS) {
            CursorView view = CursorView.of(cursor);
            long before = view.records();
            Thread killer = new Thread(
                    () -> {
                        while (connector.isAlive() && view.records() <= before) {
                            LockSupport.parkNanos(A_MOMENT);
                        }
                        if (connector.isAlive()) {
                            killed.incrementAndGet();
                            connector.kill();
                        }
                    },
                    "killer");
            killer.setDaemon(true);
            killer.start();
        }
    }

    @Override
    public Map<Integer, Integer> taken(int all) throws InterruptedException {
        return receiver.taken(all);
    }

    @Override
    public int faults() {
        return killed.get() + (proxy == null ? 0 : proxy.faults());
    }

    @Override
    public String carrier() {
        return "message that was read back";
    }

    @Override
    public boolean hasSeenRecords() {
        return receiver.hasSeenRecords();
    }

    @Override
    public void close() {
        if (proxy != null) {
            proxy.close();
        }
        receiver.close();
    }
}
