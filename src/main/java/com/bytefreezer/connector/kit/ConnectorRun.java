package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.Main;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
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
    private final Path loaded;
    private final Path classes;
    private volatile boolean killed;
    private boolean hangs;

    private ConnectorRun(Process process, Path log, Path loaded, Path classes) {
        this.process = process;
        this.log = log;
        this.loaded = loaded;
        this.classes = classes;
    }

    /**
     * Starts one.
     *
     * @param folder where it runs and writes
     * @param classes the JVM's archive of the classes that an earlier run has loaded, which halves the start; made by this
     *     run when there is none
     */
    static ConnectorRun start(Path folder, Path classes, Path routes, Map<String, String> settings) {
        Path log = folder.resolve("log");
        Path loaded = folder.resolve("classes.jsa");
        // In a file of a private folder, where the list of processes does not show a secret.
        try (Writer file = Files.newBufferedWriter(folder.resolve("application.properties"))) {
            Properties properties = new Properties();
            properties.putAll(settings);
            properties.store(file, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Path> classPath = classPath();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // What a killed process leaves there goes with the folder.
                "-Djava.io.tmpdir=" + folder));
        if (Files.exists(classes)) {
            command.add("-XX:SharedArchiveFile=" + classes);
        } else if (classPath.stream().noneMatch(Files::isDirectory)) {
            // Of jars only; the JVM cannot do it for folders.
            command.add("-XX:ArchiveClassesAtExit=" + loaded);
        }
        command.addAll(List.of(
                "-cp",
                classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
                Main.class.getName(),
                "--mode",
                "batch",
                "--routes",
                routes.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(log.toFile());
        builder.environment().clear();
        try {
            Process process = builder.start();
            RUNNING.add(process);
            return new ConnectorRun(process, log, loaded, classes);
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
        keepClasses();
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

    /** Whole or not at all: another run may just begin. */
    private void keepClasses() {
        try {
            if (Files.exists(loaded)) {
                Files.move(loaded, classes, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** That of this process, also where Maven runs it in a class loader of its own. */
    private static List<Path> classPath() {
        if (Main.class.getClassLoader() instanceof URLClassLoader loader) {
            return Stream.of(loader.getURLs())
                    .map(url -> Path.of(URI.create(url.toString())))
                    .toList();
        }
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath())
                .toList();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        RUNNING.remove(process);
    }
}
