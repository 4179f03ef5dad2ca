package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.Main;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** This connector in a process of its own, in batch mode, with no settings but the given ones. */
final class ConnectorRun implements AutoCloseable {
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();
    private static final long PATIENCE_SECONDS = 180;
    /** Of a log line: time, level, message. */
    private static final String ERROR = " ERROR ";

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private final Process process;
    private final Path log;
    private volatile boolean killed;
    private boolean hangs;

    private ConnectorRun(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** @param folder where it runs and writes */
    static ConnectorRun start(Path folder, Path routes, Map<String, String> settings) {
        Path log = folder.resolve("log");
        // In a file of a private folder, where the list of processes does not show a secret.
        try (Writer file = Files.newBufferedWriter(folder.resolve("application.properties"))) {
            Properties properties = new Properties();
            properties.putAll(settings);
            properties.store(file, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        // What a killed process leaves there goes with the folder.
                        "-Djava.io.tmpdir=" + folder,
                        "-cp",
                        classPath(),
                        Main.class.getName(),
                        "--mode",
                        "batch",
                        "--routes",
                        routes.toString())
                .directory(folder.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(log.toFile());
        builder.environment().clear();
        try {
            Process process = builder.start();
            RUNNING.add(process);
            return new ConnectorRun(process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it as {@code kill -9} does. */
    void kill() {
        killed = true;
        process.destroyForcibly().onExit().join();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for the end: how the run failed, or empty when it says that all is delivered. */
    Optional<String> failure() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            hangs = true;
            return Optional.of("did not end in %d s".formatted(PATIENCE_SECONDS));
        }
        if (killed) {
            return Optional.of("was killed");
        }
        return process.exitValue() == 0 ? Optional.empty() : Optional.of("failed: " + lastError());
    }

    /** Whether it had to be given up. */
    boolean hangs() {
        return hangs;
    }

    private String lastError() {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line -> line.contains(ERROR))
                    .reduce((first, second) -> second)
                    .map(line -> line.substring(line.indexOf(ERROR) + ERROR.length()))
                    .orElse("exit code " + process.exitValue());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** That of this process, also where Maven runs it in a class loader of its own. */
    private static String classPath() {
        if (Main.class.getClassLoader() instanceof URLClassLoader loader) {
            return Arrays.stream(loader.getURLs())
                    .map(URL::toString)
                    .map(url -> Path.of(URI.create(url)).toString())
                    .collect(Collectors.joining(File.pathSeparator));
        }
        return List.of(System.getProperty("java.class.path").split(File.pathSeparator)).stream()
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        RUNNING.remove(process);
    }
}
