package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** PostgreSQL as a process that can be frozen and killed under its clients. It does not run as root. */
public final class PostgresServer implements AutoCloseable {
    public static final String USERNAME = "connector";
    public static final String PASSWORD = "s3cret-of-postgres";
    private static final String UNPRIVILEGED = "nobody";

    private final Path programs = TestTools.postgresql();
    private final int port = TestTools.freePort();
    private final Path directory = TestTools.temporaryDirectory("postgres");
    private final List<String> tls;
    private Process process;

    private PostgresServer(String certificate, String key) {
        tls = certificate.isEmpty() ? List.of() : List.of("-c", "ssl=on");
        var password = directory.resolve("password");
        try {
            Files.writeString(password, PASSWORD);
            Files.writeString(directory.resolve("server.crt"), certificate);
            Files.writeString(directory.resolve("server.key"), key);
            Files.setPosixFilePermissions(
                    directory.resolve("server.key"), PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (isRoot()) {
            run(new ProcessBuilder("chown", "-R", UNPRIVILEGED, directory.toString()));
        }
        run(command(
                "initdb",
                "--pgdata=" + data(),
                "--username=" + USERNAME,
                "--pwfile=" + password,
                // The server makes the hash: in Java it costs a tenth of all unit tests' CPU time.
                "--auth=" + (tls.isEmpty() ? "password" : "scram-sha-256"),
                "--encoding=UTF8",
                "--no-sync"));
        process = startProcess();
    }

    public static PostgresServer start() {
        return new PostgresServer("", "");
    }

    /** One that also speaks TLS, with a certificate and its key in PEM. */
    public static PostgresServer startWithTls(String certificate, String key) {
        return new PostgresServer(certificate, key);
    }

    int port() {
        return port;
    }

    /** As a standby does, or a primary that has become one: it takes no writes. */
    public void takesWrites(boolean does) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SET default_transaction_read_only = off");
            statement.execute("ALTER SYSTEM SET default_transaction_read_only = " + (does ? "off" : "on"));
            statement.execute("SELECT pg_reload_conf()");
        }
        Await.until("the server has read its settings", () -> isReadOnly() != does);
    }

    private boolean isReadOnly() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW default_transaction_read_only")) {
            return row.next() && row.getString(1).equals("on");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The value for {@code cursor.url}, by another name of this machine. */
    public String url(String host) {
        return "jdbc:postgresql://%s:%d/postgres".formatted(host, port);
    }

    /** The value for {@code cursor.url}. */
    public String url() {
        return url("127.0.0.1");
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(url(), USERNAME, PASSWORD);
    }

    /** Forgets everything that was written, whatever tables it stands in. */
    public void empty() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        }
    }

    /** Freezes the server with all its sessions: connections stay open, nothing is answered. */
    public void pause() {
        sessions().forEach(session -> ChildProcesses.signal(session, "STOP"));
    }

    public void resume() {
        sessions().forEach(session -> ChildProcesses.signal(session, "CONT"));
    }

    /** Ends the server at once; connections break, new ones are refused. What was committed is on disk. */
    public void kill() {
        var sessions = sessions();
        sessions.forEach(ProcessHandle::destroyForcibly);
        sessions.forEach(session -> session.onExit().join());
    }

    /** Starts a killed server again, on the same port and data. */
    public void restart() {
        process = startProcess();
    }

    @Override
    public void close() {
        kill();
        TestTools.deleteFolder(directory);
    }

    private Path data() {
        return directory.resolve("data");
    }

    private List<ProcessHandle> sessions() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
    }

    private Process startProcess() {
        List<String> arguments = new ArrayList<>(List.of(
                "-D",
                data().toString(),
                "-p",
                String.valueOf(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "max_connections=50",
                // It is the process that dies here, not the machine.
                "-c",
                "fsync=off",
                "-c",
                "ssl_cert_file=" + directory.resolve("server.crt"),
                "-c",
                "ssl_key_file=" + directory.resolve("server.key")));
        arguments.addAll(tls);
        return ChildProcesses.startServer(
                "PostgreSQL",
                command("postgres", arguments.toArray(String[]::new))
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(
                                directory.resolve("postgres.log").toFile())),
                this::isReady);
    }

    private boolean isReady() {
        try (var connection = connect()) {
            return connection.isValid(1);
        } catch (SQLException notYet) {
            return false;
        }
    }

    private ProcessBuilder command(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(List.of("setpriv", "--reuid=" + UNPRIVILEGED, "--regid=nogroup", "--clear-groups"));
        }
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).directory(directory.toFile());
    }

    private void run(ProcessBuilder command) {
        var log = directory.resolve("setup.log").toFile();
        var ended = ChildProcesses.start(command.redirectErrorStream(true).redirectOutput(log));
        try {
            if (ended.waitFor() != 0) {
                throw new IllegalStateException(command.command() + ": " + Files.readString(log.toPath()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }
}
