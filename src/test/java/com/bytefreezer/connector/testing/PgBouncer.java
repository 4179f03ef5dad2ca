package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** PgBouncer in front of a PostgreSQL: each transaction has another of its few connections. */
public final class PgBouncer implements AutoCloseable {
    private final int port = TestTools.freePort();
    private final Path directory = TestTools.temporaryDirectory("pgbouncer");
    private final Process process;

    private PgBouncer(PostgresServer server) {
        Path settings = directory.resolve("pgbouncer.ini");
        try {
            Files.writeString(
                    settings, """
                    [databases]
                    postgres = host=127.0.0.1 port=%d user=%s password=%s
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = any
                    pool_mode = transaction
                    default_pool_size = 3
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(server.port(), PostgresServer.USERNAME, PostgresServer.PASSWORD, port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> command = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            // It does not run as root.
            TestTools.giveToNobody(directory);
            command.addAll(List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"));
        }
        command.addAll(List.of(TestTools.pgbouncer().toString(), settings.toString()));
        process = ChildProcesses.startServer(
                "PgBouncer",
                new ProcessBuilder(command)
                        .redirectOutput(directory.resolve("pgbouncer.log").toFile()),
                this::isReady);
    }

    public static PgBouncer before(PostgresServer server) {
        return new PgBouncer(server);
    }

    /** The value for {@code cursor.url}. */
    public String url() {
        return "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(port);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        TestTools.deleteFolder(directory);
    }

    private boolean isReady() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }
}
