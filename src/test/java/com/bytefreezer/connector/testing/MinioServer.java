package com.bytefreezer.connector.testing;

import java.nio.file.Path;

/** MinIO as a process that can be stopped and killed under its clients. */
public final class MinioServer extends S3Server {
    private final Path program;
    private final Path directory;
    private Process process;

    private MinioServer(Path program, int port) {
        super(port);
        this.program = program;
        directory = TestTools.temporaryDirectory("minio");
        process = startProcess();
    }

    static MinioServer start() {
        return new MinioServer(TestTools.minio(), TestTools.freePort());
    }

    private Process startProcess() {
        var builder = new ProcessBuilder(
                        program.toString(),
                        "server",
                        "--quiet",
                        "--address",
                        endpoint().getAuthority(),
                        directory.resolve("data").toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("minio.log").toFile());
        builder.environment().put("MINIO_ROOT_USER", ACCESS_KEY);
        builder.environment().put("MINIO_ROOT_PASSWORD", SECRET_KEY);
        builder.environment().put("MINIO_BROWSER", "off");
        builder.environment().put("MINIO_UPDATE", "off");
        var started = ChildProcesses.start(builder);
        Await.until("MinIO is ready", () -> isReady(started));
        return started;
    }

    private boolean isReady(Process started) {
        if (!started.isAlive()) {
            throw new IllegalStateException("MinIO ended with " + started.exitValue() + "; see " + directory);
        }
        return answers();
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
        process = startProcess();
    }

    @Override
    public void close() {
        super.close();
        kill();
        TestTools.deleteFolder(directory);
    }
}
