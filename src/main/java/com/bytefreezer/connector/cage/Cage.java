package com.bytefreezer.connector.cage;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.MemoryLimit;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The processes in which people's statements run. A statement may use up time or memory, or end its process; the
 * connector ends that process, and the next statement gets another. Safe for use by several threads.
 */
public final class Cage implements AutoCloseable {
    /** The page sends several requests at once whenever it opens a dataset. */
    private static final int MOST_IDLE = 4;
    /** How many stay when nobody has opened one for a while: each holds 100 MB. */
    private static final int MOST_RESTING = 2;

    private static final Duration REST = Duration.ofSeconds(30);
    /** A process that holds more than this after its work does not release it. */
    private static final long MOST_IDLE_BYTES = 256L << 20;
    /** What a process needs beyond DuckDB's own limit: Java, the library, and memory that DuckDB does not count. */
    private static final long BESIDE_DUCKDB_BYTES = 384L << 20;

    private static final List<String> JAVA = List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx192m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            // The process may crash: that is its purpose. Java's messages must not mix with the answers.
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=" + File.separator + "dev" + File.separator + "null",
            "-XX:+DisplayVMOutputToStderr");

    /** Environment variables that DuckDB needs to find extensions, time zone, certificates and proxy. */
    private static final Set<String> ENVIRONMENT = Set.of(
            "HOME",
            "LANG",
            "LC_ALL",
            "TZ",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "http_proxy",
            "https_proxy",
            "NO_PROXY",
            "no_proxy",
            "LD_LIBRARY_PATH");

    private final Path parent;
    private final long mostMemory;
    private final Duration rest;
    private final Deque<Cell> idle = new ArrayDeque<>();
    private final Set<Cell> used = new LinkedHashSet<>();
    private @Nullable Path folder;
    private boolean hasLibrary;
    private List<Path> classPath = List.of();
    private boolean closed;

    /** Starts nothing yet. */
    public Cage(Settings settings) {
        this(settings, REST);
    }

    /** @param rest after which no more than two idle processes are left */
    Cage(Settings settings, Duration rest) {
        this.rest = rest;
        parent = settings.temporaryFolder();
        mostMemory = MemoryLimit.ofQuery(settings) + BESIDE_DUCKDB_BYTES;
    }

    /** The maximum memory of a cell, in bytes: more than DuckDB's own limit, which does not count everything. */
    public long mostMemory() {
        return mostMemory;
    }

    /** Starts a process in the background for the next caller, who waits until it is ready instead of starting another one. */
    public void warm() {
        later(() -> {
            try {
                keepReady();
            } catch (ConnectorException e) {
                // The next caller gets the error.
            }
        });
    }

    private synchronized void keepReady() {
        if (!closed && idle.isEmpty()) {
            idle.push(start());
        }
    }

    private static void later(Runnable task) {
        Thread thread = new Thread(task, "cage");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * A process for the caller alone, to be given back.
     *
     * @throws ConnectorException if none can be started
     */
    public synchronized Cell take() {
        if (closed) {
            throw new ConnectorException("The connector is stopping.");
        }
        Cell cell = idle.poll();
        while (cell != null && !cell.isAlive()) {
            cell.close();
            cell = idle.poll();
        }
        if (cell == null) {
            cell = start();
        }
        used.add(cell);
        return cell;
    }

    /** Gives the cell back and closes everything open in it. */
    public void giveBack(Cell cell) {
        boolean isGood = cell.isAlive() && cell.reset() && cell.memory() < MOST_IDLE_BYTES;
        boolean isLast;
        synchronized (this) {
            used.remove(cell);
            isLast = idle.isEmpty() && !closed;
            if (isGood && !closed && idle.size() < MOST_IDLE) {
                idle.push(cell);
                if (idle.size() > MOST_RESTING) {
                    CompletableFuture.delayedExecutor(rest.toMillis(), TimeUnit.MILLISECONDS)
                            .execute(this::endSurplus);
                }
                return;
            }
        }
        // The system needs time to end a large process; nobody should wait for that.
        later(cell::close);
        if (isLast) {
            warm();
        }
    }

    private void endSurplus() {
        List<Cell> surplus = new ArrayList<>();
        synchronized (this) {
            while (idle.size() > MOST_RESTING) {
                surplus.add(idle.removeLast());
            }
        }
        surplus.forEach(Cell::close);
    }

    @Override
    public void close() {
        List<Cell> all = new ArrayList<>();
        Path made;
        synchronized (this) {
            closed = true;
            all.addAll(idle);
            all.addAll(used);
            idle.clear();
            used.clear();
            made = folder;
            folder = null;
        }
        all.forEach(Cell::close);
        if (made != null) {
            ScratchFolder.remove(made);
        }
    }

    private Cell start() {
        try {
            if (folder == null) {
                // Its files are readable only by this user.
                folder = Files.createTempDirectory(parent, "bytefreezer-queries-");
            }
            if (classPath.isEmpty()) {
                hasLibrary = unpackLibrary(folder);
                classPath = List.of(home(DuckDBConnection.class), alone(home(CellMain.class), folder));
            }
            Path own = Files.createTempDirectory(folder, "cell-");
            List<String> command = new ArrayList<>(JAVA);
            command.add("-Djava.io.tmpdir=" + own);
            command.add("-Djava.library.path=" + (hasLibrary ? folder : ""));
            command.add("-cp");
            command.add(classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
            command.add(CellMain.class.getName());
            command.add(folder.toString());
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.DISCARD);
            Map<String, String> environment = builder.environment();
            environment.keySet().retainAll(ENVIRONMENT);
            // By default, the C library keeps free memory for each thread.
            environment.put("MALLOC_ARENA_MAX", "2");
            return new Cell(builder.start(), own);
        } catch (IOException e) {
            throw new ConnectorException(
                    "No query process can be started in %s (%s). Nothing was run. Check the folder (duckdb.temp-folder)."
                            .formatted(parent, e.getMessage()),
                    e);
        }
    }

    /**
     * A copy of the connector's jar without its manifest, which names all libraries: Java would open each of them when a
     * cell looks for something that is nowhere, and that takes half of the cell's start.
     */
    private static Path alone(Path program, Path folder) throws IOException {
        if (Files.isDirectory(program)) {
            return program;
        }
        Path copy = Files.copy(program, folder.resolve("cell.jar"), StandardCopyOption.REPLACE_EXISTING);
        try (FileSystem jar = FileSystems.newFileSystem(copy)) {
            Files.deleteIfExists(jar.getPath("META-INF", "MANIFEST.MF"));
        }
        return copy;
    }

    /** The jar or folder of a class. */
    private static Path home(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Unpacks the library once for all processes, each of which would unpack 60 MB. Returns whether this system's
     * library is known.
     */
    private static boolean unpackLibrary(Path folder) throws IOException {
        String cpu = Map.of("amd64", "amd64", "x86_64", "amd64", "aarch64", "arm64")
                .getOrDefault(System.getProperty("os.arch"), "");
        String name = "/libduckdb_java.so_%s_%s"
                .formatted(System.getProperty("os.name").toLowerCase(Locale.ROOT), cpu);
        try (InputStream library = Cage.class.getResourceAsStream(name)) {
            if (library == null) {
                return false;
            }
            Files.copy(
                    library, folder.resolve(System.mapLibraryName("duckdb_java")), StandardCopyOption.REPLACE_EXISTING);
            return true;
        }
    }
}
