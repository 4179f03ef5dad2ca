package com.bytefreezer.connector.input.file;

import com.bytefreezer.connector.signs.Moment;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The files of a feed: which are ready, and what becomes of them. For one thread. */
final class WatchedFolder {
    private static final String DONE = ".done";
    private static final String FAILED = ".failed";

    private final FolderFeed feed;
    /** Each file as it was at the last look, and since when it has been so. */
    private Map<Path, Seen> seen = new HashMap<>();

    private boolean hasForgotten;

    private record Seen(String source, long modified, Moment since) {}

    WatchedFolder(FolderFeed feed) {
        this.feed = feed;
    }

    static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /**
     * Names a file as it is now: another one of the same name is another source, and so is the same one once it has changed.
     */
    static String source(FolderFeed feed, Path file) throws IOException {
        return source(feed, file, Files.readAttributes(file, BasicFileAttributes.class));
    }

    private static String source(FolderFeed feed, Path file, BasicFileAttributes attributes) {
        return "%s%s %d %d %s"
                .formatted(
                        prefix(feed),
                        name(file),
                        attributes.size(),
                        attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                        attributes.fileKey());
    }

    private static String prefix(FolderFeed feed) {
        return "file %s ".formatted(feed.name());
    }

    /**
     * The files that have not changed for long enough, oldest first, each with its {@link #source}.
     *
     * @throws IOException if the folder cannot be read
     */
    Map<Path, String> files() throws IOException {
        Map<Path, Seen> now = new HashMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(feed.folder(), feed.pattern())) {
            for (Path each : all) {
                if (!name(each).startsWith(".")) {
                    look(each, now);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        seen = now;
        List<Path> ready = new ArrayList<>(now.keySet());
        ready.removeIf(each -> seen(each).since().past().compareTo(feed.stable()) < 0);
        ready.sort(Comparator.comparing((Path each) -> seen(each).modified()).thenComparing(each -> each));
        return ready.stream()
                .collect(Collectors.toMap(
                        each -> each, each -> seen(each).source(), (one, other) -> one, LinkedHashMap::new));
    }

    private Seen seen(Path file) {
        Seen known = seen.get(file);
        return known == null ? new Seen("", 0, Moment.now()) : known;
    }

    private void look(Path file, Map<Path, Seen> now) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (attributes.isRegularFile()) {
                String source = source(feed, file, attributes);
                Seen former = seen.get(file);
                now.put(
                        file,
                        former != null && former.source().equals(source)
                                ? former
                                : new Seen(source, attributes.lastModifiedTime().toMillis(), Moment.now()));
            }
        } catch (IOException e) {
            // Somebody else has taken it, or it is a link that leads to nothing.
        }
    }

    /** The sources among those known that are no longer in the folder; told once, at the first look. */
    Set<String> forget(Collection<String> known, Map<Path, String> files) {
        if (hasForgotten) {
            return Set.of();
        }
        hasForgotten = true;
        Set<String> there = seen.values().stream().map(Seen::source).collect(Collectors.toSet());
        there.addAll(files.values());
        return known.stream()
                .filter(each -> each.startsWith(prefix(feed)) && !there.contains(each))
                .collect(Collectors.toSet());
    }

    /**
     * Puts a file away, all of which is stored.
     *
     * @return whether it is no longer in the folder
     * @throws IOException if it cannot be
     */
    boolean putAway(Path file, boolean isBroken) throws IOException {
        if (feed.after() == FolderFeed.After.KEEP) {
            return false;
        }
        if (feed.after() == FolderFeed.After.DELETE && !isBroken) {
            Files.deleteIfExists(file);
            return true;
        }
        Path into = Files.createDirectories(feed.folder().resolve(isBroken ? FAILED : DONE));
        Path target = into.resolve(name(file));
        for (int number = 2; Files.exists(target); number++) {
            target = into.resolve("%s.%d".formatted(name(file), number));
        }
        Files.move(file, target);
        return true;
    }
}
