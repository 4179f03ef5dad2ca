package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lake.BucketFiles;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.LookupTable;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.text.Secrets;
import com.bytefreezer.connector.text.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The lookups of this process, see the settings {@code lookups.*}. A changed file is read into a copy, so that a run has one version of it, whatever happens to the file meanwhile. Safe for use by several threads.
 */
public final class Lookups {
    private static final Map<Key, Lookups> ALL = new ConcurrentHashMap<>();
    /** A file that changes while it is read is read again, this many times at most. */
    private static final int MOST_TRIES = 3;

    private static final int BYTES_OF_VERSION = 6;
    /** Number of copies to keep of a lookup, because runs may still use earlier ones. */
    private static final int MOST_COPIES = 5;

    private final LookupPlace place;
    private final long mostBytes;
    /** Results by file. */
    private final Map<String, Read> known = new HashMap<>();

    /** Tables by name, the latest one last. Each keeps its copy, which is never written again, because runs read it. */
    private final Map<String, Deque<LookupTable>> tablesOf = new HashMap<>();

    private @Nullable Path copies;

    private record Key(LookupPlace place, long mostBytes) {}

    /** The result of reading a file in one state: a table or a problem. */
    private record Read(
            String state,
            @Nullable LookupTable table,
            @Nullable ConnectorException problem) {}

    /**
     * A lookup, for people.
     *
     * @param file where it is
     * @param table null if it is broken
     * @param problem why it is broken, in one line; otherwise null
     */
    public record Look(
            String name,
            String file,
            @Nullable LookupTable table,
            @Nullable String problem) {}

    private Lookups(Key key) {
        place = key.place;
        mostBytes = key.mostBytes;
    }

    /** The lookups of these settings; equal settings share them. */
    public static Lookups of(Settings settings) {
        String where = settings.text("lookups.folder").replaceAll("/+$", "");
        LookupPlace place = where.startsWith("s3://") ? bucket(settings, where) : new LookupFolder(Path.of(where));
        return ALL.computeIfAbsent(new Key(place, settings.integer("lookups.max-bytes")), Lookups::new);
    }

    private static LookupPlace bucket(Settings settings, String url) {
        String bucket = url.substring("s3://".length()).split("/", 2)[0];
        Credentials credentials = new LakeCredentials(settings, new Secrets()).ofBucket(bucket);
        return new LookupBucket(url, BucketFiles.of(settings, credentials, url));
    }

    /** Whether a lookup may have this name, in lower case. */
    public boolean mayBe(String name) {
        return LookupFile.isName(name) && place.exists();
    }

    /**
     * The present tables of these names; names without a lookup are ignored.
     *
     * @throws ConnectorException the problem of the first broken one
     */
    public LookupTables of(Iterable<String> names) {
        Map<String, LookupTable> tables = new TreeMap<>();
        Map<String, List<LookupFile>> files = files();
        for (String name : names) {
            List<LookupFile> found = files.getOrDefault(name, List.of());
            if (!found.isEmpty()) {
                tables.put(name, table(found));
            }
        }
        return new LookupTables(List.copyOf(tables.values()));
    }

    /** All lookups, usable and broken ones, by name. */
    public List<Look> all() {
        List<Look> looks = new ArrayList<>();
        files().forEach((name, files) -> {
            String where = files.stream().map(LookupFile::place).collect(Collectors.joining(", "));
            try {
                looks.add(new Look(name, where, table(files), null));
            } catch (ConnectorException e) {
                looks.add(new Look(name, where, null, e.getMessage()));
            }
        });
        return looks;
    }

    /** The names of all lookups. */
    public List<String> names() {
        return List.copyOf(files().keySet());
    }

    private Map<String, List<LookupFile>> files() {
        if (!place.exists()) {
            return Map.of();
        }
        try {
            return place.files().stream()
                    .collect(Collectors.groupingBy(LookupFile::name, TreeMap::new, Collectors.toList()));
        } catch (IOException | UncheckedIOException e) {
            throw new ConnectorException(
                    "lookups: they cannot be listed (%s).".formatted(e.getMessage()),
                    "Exports that use them wait.",
                    "Check lookups.folder.",
                    e);
        }
    }

    private synchronized LookupTable table(List<LookupFile> files) {
        LookupFile file = files.get(0);
        if (files.size() > 1) {
            throw file.broken(
                    "%s has the same name. Remove one of them"
                            .formatted(files.get(1).file()),
                    null);
        }
        Read read = known.get(file.file());
        // A broken one is read again, because the reason may be one that its state does not show.
        if (read == null || read.problem != null || !read.state.equals(file.state())) {
            read = read(file);
            known.put(file.file(), read);
        }
        if (read.problem != null) {
            throw read.problem;
        }
        return Objects.requireNonNull(read.table);
    }

    private Read read(LookupFile file) {
        String problem = file.problemOfFile();
        if (problem != null) {
            return new Read(file.state(), null, file.broken(problem, null));
        }
        LookupFile now = file;
        try {
            for (int i = 0; i < MOST_TRIES; i++) {
                String before = now.state();
                Path content = copies().resolve("content");
                String version = copied(now, content);
                now = again(file).orElseThrow(() -> new BrokenLookup("it is gone"));
                if (now.state().equals(before)) {
                    return new Read(before, table(now, content, version), null);
                }
            }
            throw new BrokenLookup("it changes while it is read. Write it beside the folder, and move it there");
        } catch (IOException e) {
            String what = e instanceof BrokenLookup ? e.getMessage() : "it cannot be read (%s)".formatted(e);
            return new Read(now.state(), null, file.broken(String.valueOf(what), e));
        }
    }

    private Optional<LookupFile> again(LookupFile file) throws IOException {
        return place.files().stream()
                .filter(each -> each.file().equals(file.file()))
                .findFirst();
    }

    private LookupTable table(LookupFile file, Path content, String version) throws IOException {
        Path copy = copies().resolve(file.name() + "-" + file.format() + "-" + version + ".parquet");
        Deque<LookupTable> made = tablesOf.computeIfAbsent(file.name(), name -> new ArrayDeque<>());
        Optional<LookupTable> known =
                made.stream().filter(table -> table.copy().equals(copy)).findFirst();
        LookupTable table = known.isPresent() ? known.get() : LookupCopy.of(file, content, copy, version, mostBytes);
        made.remove(table);
        made.add(table);
        if (made.size() > MOST_COPIES) {
            Files.deleteIfExists(made.remove().copy());
        }
        return table;
    }

    private String copied(LookupFile file, Path to) throws IOException {
        MessageDigest sha256 = Sha256.digest();
        try (InputStream in = BrokenLookup.after(mostBytes, new DigestInputStream(place.open(file), sha256));
                OutputStream out = Files.newOutputStream(to)) {
            in.transferTo(out);
        }
        return HexFormat.of().formatHex(sha256.digest(), 0, BYTES_OF_VERSION);
    }

    private Path copies() {
        if (copies == null) {
            // All parts of this process share it.
            ScratchFolder folder = ScratchFolder.create();
            Runtime.getRuntime().addShutdownHook(new Thread(folder::close));
            copies = folder.path();
        }
        return copies;
    }
}
