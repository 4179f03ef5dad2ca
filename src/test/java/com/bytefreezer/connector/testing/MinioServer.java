package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** MinIO as a process that can be stopped and killed under its clients. */
public final class MinioServer extends S3Server {
    private final Path program;
    private final Path directory;
    private final boolean keeps;
    private Process process;

    private MinioServer(Path directory, boolean keeps) {
        super(TestTools.freePort());
        program = TestTools.minio();
        this.directory = directory;
        this.keeps = keeps;
        process = startProcess(List.of(), this::answers);
    }

    static MinioServer start() {
        return new MinioServer(TestTools.temporaryDirectory("minio"), false);
    }

    static MinioServer startIn(Path directory) {
        return new MinioServer(directory, true);
    }

    private Process startProcess(List<String> options, BooleanSupplier ready) {
        var command = new ArrayList<>(List.of(
                program.toString(),
                "server",
                "--quiet",
                "--address",
                endpoint().getAuthority(),
                directory.resolve("data").toString()));
        command.addAll(options);
        var builder = new ProcessBuilder(command)
                .redirectOutput(directory.resolve("minio.log").toFile());
        builder.environment().put("MINIO_ROOT_USER", ACCESS_KEY);
        builder.environment().put("MINIO_ROOT_PASSWORD", SECRET_KEY);
        builder.environment().put("MINIO_BROWSER", "off");
        builder.environment().put("MINIO_UPDATE", "off");
        return ChildProcesses.startServer("MinIO", builder, ready);
    }

    /** Freezes the server: connections stay open, nothing is answered. */
    public void pause() {
        ChildProcesses.signal(process, "STOP");
    }

    public void resume() {
        ChildProcesses.signal(process, "CONT");
    }

    /** Ends the server at once; connections break, new ones are refused. */
    public void kill() {
        ChildProcesses.kill(process);
    }

    /** Starts a killed server again, on the same port and data. */
    public void restart() {
        process = startProcess(List.of(), this::answers);
    }

    /** Starts again over TLS, on the same port and data; clients of this class no longer reach it. */
    public void restartSecured(Path certificate, Path key) throws IOException {
        kill();
        var certificates = Files.createDirectories(directory.resolve("certificates"));
        Files.copy(certificate, certificates.resolve("public.crt"));
        Files.copy(key, certificates.resolve("private.key"));
        process = startProcess(List.of("--certs-dir", certificates.toString()), () -> {
            try (var socket = new Socket("127.0.0.1", endpoint().getPort())) {
                return socket.isConnected();
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    @Override
    public void close() {
        super.close();
        kill();
        if (!keeps) {
            TestTools.deleteFolder(directory);
        }
    }
}
