package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Processes that must not outlive the test JVM. */
public final class ChildProcesses {
    private static final Duration START = Duration.ofMinutes(5);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private ChildProcesses() {}

    public static Process start(ProcessBuilder builder) {
        try {
            var process = builder.start();
            RUNNING.add(process);
            process.onExit().thenAccept(RUNNING::remove);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a server and waits until it is ready, at most five minutes. One that ends before, because something has its
     * port in this moment, is started once more; if it ends again, its last words are the failure.
     *
     * @param server whose standard output goes to a file
     */
    static Process startServer(String name, ProcessBuilder server, BooleanSupplier ready) {
        return startServer(name, server, process -> {}, ready);
    }

    /** @param started sees the process before it is awaited */
    static Process startServer(String name, ProcessBuilder server, Consumer<Process> started, BooleanSupplier ready) {
        for (boolean again = false; ; again = true) {
            Process process = start(server.redirectErrorStream(true));
            started.accept(process);
            Await.until(name + " is ready", START, () -> !process.isAlive() || ready.getAsBoolean());
            if (process.isAlive()) {
                return process;
            }
            String end = "%s ended with %d: %s".formatted(name, process.exitValue(), lastWords(server));
            if (again) {
                throw new IllegalStateException(end);
            }
            System.err.println(end + " It is started once more.");
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private static String lastWords(ProcessBuilder server) {
        try {
            String words = Files.readString(server.redirectOutput().file().toPath());
            return words.substring(Math.max(0, words.length() - 2_000)).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the process as {@code kill -9} does and waits until it is gone. */
    public static void kill(Process process) {
        process.destroyForcibly().onExit().join();
    }

    static void signal(Process process, String signal) {
        signal(process.toHandle(), signal);
    }

    static void signal(ProcessHandle process, String signal) {
        try {
            var sent = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .inheritIO()
                    .start();
            // One that has ended in this moment needs none.
            if (sent.waitFor() != 0 && process.isAlive()) {
                throw new IllegalStateException("process %d took no %s".formatted(process.pid(), signal));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
