package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Processes that must not outlive the test JVM. */
public final class ChildProcesses {
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
