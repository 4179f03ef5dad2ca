package com.bytefreezer.connector.kit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A run in a separate process, which can be killed. */
final class ProcessRun implements ConnectorRun {
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();
    /** A log line: time, level, message. */
    private static final String ERROR = " ERROR ";

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private final Process process;
    private final Path log;
    private volatile boolean killed;
    private boolean hangs;

    private ProcessRun(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * Starts one.
     *
     * @param folder its working directory
     */
    static ProcessRun start(Program program, Path folder, Path routes, Map<String, String> settings) {
        return start(program, folder, routes, settings, "batch", Stream.empty());
    }

    /**
     * Starts one that receives events.
     *
     * @param diskBlocks of 512 bytes, which each of its files may have, as if the disk was full then; 0: any
     */
    static ProcessRun receiving(
            Program program, Path folder, Path routes, Map<String, String> settings, int diskBlocks) {
        Stream<String> shell = diskBlocks == 0
                ? Stream.empty()
                : Stream.of("/bin/sh", "-c", "ulimit -f %d; exec \"$0\" \"$@\"".formatted(diskBlocks));
        return start(program, folder, routes, settings, "ingest", shell);
    }

    private static ProcessRun start(
            Program program,
            Path folder,
            Path routes,
            Map<String, String> settings,
            String mode,
            Stream<String> shell) {
        Path log = folder.resolve("log");
        // In a file of a private folder, because the process list would show secrets.
        try (Writer file = Files.newBufferedWriter(folder.resolve("application.properties"))) {
            Properties properties = new Properties();
            properties.putAll(settings);
            properties.store(file, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> command = Stream.of(
                        shell,
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:-UsePerfData",
                                // The folder is deleted with everything a killed process leaves there.
                                "-Djava.io.tmpdir=" + folder),
                        program.options().stream(),
                        Stream.of(
                                "-cp",
                                program.classPath().stream()
                                        .map(Path::toString)
                                        .collect(Collectors.joining(File.pathSeparator)),
                                program.main().getName(),
                                "--mode",
                                mode,
                                "--routes",
                                routes.toString()))
                .flatMap(part -> part)
                .toList();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(log.toFile());
        builder.environment().clear();
        try {
            Process process = builder.start();
            RUNNING.add(process);
            return new ProcessRun(process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void kill() {
        killed = true;
        process.destroyForcibly().onExit().join();
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public Optional<String> failure() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            hangs = true;
            return Optional.of(HANGS);
        }
        if (killed) {
            return Optional.of("was killed");
        }
        return process.exitValue() == 0 ? Optional.empty() : Optional.of("failed: " + lastError());
    }

    @Override
    public boolean hangs() {
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

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        RUNNING.remove(process);
    }
}
