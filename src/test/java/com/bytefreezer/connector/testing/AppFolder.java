package com.bytefreezer.connector.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The image's file system as far as the connector sees it, laid out in a folder as the last stage of the Dockerfile says:
 * its COPY and ENV lines, its user and its entry point. Where a container engine is missing this is what can be tried.
 */
public final class AppFolder {
    /** The Dockerfile's; nobody's name is needed for it. */
    private static final int USER = 1000;

    private final Path root;
    private final List<String> stage;

    private AppFolder(Path root, List<String> stage) {
        this.root = root;
        this.stage = stage;
    }

    /** Lays out {@code /app} and what else is copied below {@code root}, which the image's user can then enter. */
    public static AppFolder in(Path root) {
        try {
            List<String> lines = Files.readString(TestTools.projectDirectory().resolve("Dockerfile"))
                    .replaceAll("\\\\\n *", "")
                    .lines()
                    .toList();
            int last = lines.lastIndexOf(lines.stream()
                    .filter(line -> line.startsWith("FROM "))
                    .reduce((one, other) -> other)
                    .orElseThrow());
            AppFolder folder = new AppFolder(root, lines.subList(last, lines.size()));
            Files.createDirectories(folder.app());
            for (Path parent : List.of(root, folder.app())) {
                Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            folder.volume("data");
            for (String line : folder.all("COPY ")) {
                folder.copy(line);
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is {@code /app} in the image. */
    public Path app() {
        return root.resolve("app");
    }

    /** A folder that belongs to the image's user. */
    public Path volume(String name) {
        try {
            Path volume = Files.createDirectories(root.resolve(name));
            give(volume);
            return volume;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Until it is closed, {@code /data} is an empty folder in which the image's user can write nothing. */
    public Closeable withReadOnlyData() throws IOException {
        Path data = root.resolve("data");
        Path kept = Files.move(data, root.resolve("data-kept"));
        Files.createDirectory(data);
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("r-xr-xr-x"));
        return () -> {
            Files.delete(data);
            Files.move(kept, data);
        };
    }

    /** What {@code docker run} starts with these arguments, as the image's user. */
    public ConnectorProcess run(Map<String, String> environment, String... arguments) {
        String entryPoint = only("ENTRYPOINT ").replaceAll("ENTRYPOINT|[\\[\\]\" ]", "");
        return runAt(app().resolve(entryPoint).normalize(), environment, arguments);
    }

    /** The same by another name of the entry point. */
    public ConnectorProcess runAt(Path entryPoint, Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(asUser());
        command.add(entryPoint.toString());
        command.addAll(List.of(arguments));
        return ConnectorProcess.start(root, environment(environment), command);
    }

    /** Runs a line of the shell there, as the image's user, such as a health check; returns its exit code. */
    public int shell(String line) {
        return shell(asUser(), line);
    }

    /** The same as who builds the image. */
    public int build(String line) {
        return shell(List.of(), line);
    }

    private int shell(List<String> user, String line) {
        List<String> command = new ArrayList<>(user);
        command.addAll(List.of("sh", "-c", line));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(app().toFile()).inheritIO();
        builder.environment().clear();
        builder.environment().putAll(environment(Map.of()));
        try {
            return builder.start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The command of the Dockerfile's HEALTHCHECK. */
    public String healthCheck() {
        return only("HEALTHCHECK ").replaceFirst(".* CMD ", "");
    }

    /** The command with which the Dockerfile makes the class archive. */
    public String classArchive() {
        return only("RUN JAVA_OPTS")
                .replaceFirst("RUN ", "")
                .replace("/tmp", volume("tmp").toString());
    }

    private Map<String, String> environment(Map<String, String> given) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PATH", Path.of(System.getProperty("java.home"), "bin") + ":/usr/bin:/bin");
        for (String line : all("ENV ")) {
            for (String pair : line.substring("ENV ".length()).split(" ")) {
                String[] parts = pair.split("=", 2);
                environment.put(
                        parts[0], parts[1].startsWith("/") ? inRoot(parts[1]).toString() : parts[1]);
            }
        }
        environment.putAll(given);
        return environment;
    }

    private void copy(String line) throws IOException {
        List<String> words = Stream.of(line.split(" "))
                .filter(word -> !word.startsWith("--") && !word.equals("COPY"))
                .toList();
        Path from = words.get(0).startsWith("/cache/duckdb-extensions")
                ? TestTools.duckdbExtensions()
                : TestTools.projectDirectory().resolve(words.get(0).replaceFirst("^/build/", ""));
        Path to = words.get(1).startsWith("/") ? inRoot(words.get(1)) : app().resolve(words.get(1));
        if (Files.isRegularFile(from) && words.get(1).endsWith("/")) {
            to = to.resolve(from.getFileName());
        }
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.sorted(Comparator.naturalOrder()).toList()) {
                Path target = to.resolve(from.relativize(path).toString()).normalize();
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
        if (line.contains("--chmod=755")) {
            Files.setPosixFilePermissions(to.normalize(), PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private Path inRoot(String absolute) {
        return root.resolve(absolute.substring(1));
    }

    private void give(Path path) throws IOException {
        if (isRoot()) {
            Files.setAttribute(path, "unix:uid", USER);
        }
    }

    private static List<String> asUser() {
        return isRoot() ? List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups") : List.of();
    }

    private static boolean isRoot() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid", LinkOption.NOFOLLOW_LINKS)
                    .equals(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String only(String start) {
        List<String> found = all(start);
        if (found.size() != 1) {
            throw new IllegalStateException("the Dockerfile's last stage has " + found.size() + " lines " + start);
        }
        return found.get(0);
    }

    private List<String> all(String start) {
        return stage.stream().filter(line -> line.startsWith(start)).toList();
    }
}
