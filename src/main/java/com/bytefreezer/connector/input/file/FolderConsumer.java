package com.bytefreezer.connector.input.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.Piece;
import com.bytefreezer.connector.receive.ReadingConsumer;
import com.bytefreezer.connector.receive.Records;
import com.bytefreezer.connector.signs.Plight;
import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the files of a feed to its route, portion by portion, each again and again until it is stored; puts a file away once
 * all of it is. How far a file is read is stored with its events.
 */
final class FolderConsumer extends ReadingConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(FolderConsumer.class);
    private static final int PAUSE_SECONDS = 1;
    /** Positions after the last portion. */
    private static final long DONE = Long.MAX_VALUE;

    private static final long BROKEN = Long.MAX_VALUE - 1;

    private final FolderFeed feed;
    private final Supplier<Map<String, Long>> positions;
    private final WatchedFolder folder;
    private final OneReader reader;
    /** What hinders, by the file; that of the folder and of the spool have the empty name. */
    private final Map<String, Plight> plights = new HashMap<>();
    /** Sources that are gone, which the next records tell. */
    private final Map<String, Long> gone = new HashMap<>();

    /** @param positions how far files are read, by {@link WatchedFolder#source} */
    FolderConsumer(Endpoint endpoint, Processor processor, FolderFeed feed, Supplier<Map<String, Long>> positions) {
        super(endpoint, processor, feed.name(), PAUSE_SECONDS);
        this.feed = feed;
        this.positions = positions;
        folder = new WatchedFolder(feed);
        reader = new OneReader(feed.folder());
    }

    @Override
    protected void ended() {
        reader.close();
    }

    @Override
    protected void read() throws InterruptedException {
        Map<Path, String> files;
        try {
            files = folder.files();
            folder.forget(positions.get().keySet(), files).forEach(each -> gone.put(each, Arrival.FORGOTTEN));
            Set<String> names = files.keySet().stream().map(WatchedFolder::name).collect(Collectors.toSet());
            plights.keySet().removeIf(name -> !name.isEmpty() && !names.contains(name));
            if (!reader.isHere()) {
                tell("", "folder %s".formatted(feed.folder()), new IOException("another process reads it"));
                return;
            }
            works("");
        } catch (NoSuchFileException e) {
            tell("", "folder %s".formatted(feed.folder()), new IOException("there is no such folder"));
            return;
        } catch (IOException | RuntimeException e) {
            tell("", "folder %s".formatted(feed.folder()), e);
            return;
        }
        for (Map.Entry<Path, String> each : files.entrySet()) {
            String name = WatchedFolder.name(each.getKey());
            if (isEnding()) {
                return;
            }
            try {
                read(each.getKey(), each.getValue());
                works(name);
            } catch (IOException | RuntimeException e) {
                tell(name, "file %s".formatted(name), e);
            }
        }
    }

    private void tell(String name, String what, Exception failure) {
        String line = "feed %s: %s: %s It tries again every second, and goes on with the others."
                .formatted(feed.name(), what, PlainText.sentence(Failures.describe(failure)));
        hindered(line);
        if (plights.computeIfAbsent(name, key -> new Plight()).isNews(line)) {
            LOG.warn("{}", line);
        }
    }

    private void works(String name) {
        Plight ended = plights.remove(name);
        if (ended != null && ended.end().isPresent()) {
            LOG.info("feed {}: it reads {} again.", feed.name(), name.isEmpty() ? feed.folder() : name);
        }
        if (plights.isEmpty()) {
            hindered("");
        }
    }

    private void read(Path file, String source) throws IOException, InterruptedException {
        long from = positions.get().getOrDefault(source, 0L);
        if (from < BROKEN) {
            try (Portions portions = Portions.open(feed, file, from)) {
                if (!readOn(file, source, portions)) {
                    return;
                }
                from = DONE;
            } catch (BrokenFileException e) {
                String why = "the file %s is set aside, because %s"
                        .formatted(WatchedFolder.name(file), String.valueOf(e.getMessage()));
                byte[] name = WatchedFolder.name(file).getBytes(UTF_8);
                if (!store(List.of(Piece.flawed(name, why)), Map.of(source, BROKEN))) {
                    return;
                }
                LOG.error(
                        "feed {}: {}. What comes before that is stored. {}",
                        feed.name(),
                        why,
                        feed.after() == FolderFeed.After.KEEP
                                ? "It is not read again unless it changes."
                                : "Correct it in the folder .failed, and put the rest into the feed's folder again.");
                from = BROKEN;
            }
        }
        if (folder.putAway(file, from == BROKEN)) {
            gone.put(source, Arrival.FORGOTTEN);
        }
    }

    /** Whether the file is read to its end, and has not changed. */
    private boolean readOn(Path file, String source, Portions portions) throws IOException, InterruptedException {
        while (true) {
            Portions.Portion portion = portions.next();
            String now = portion.isLast() ? WatchedFolder.source(feed, file) : source;
            Map<String, Long> after = now.equals(source)
                    ? Map.of(source, portion.isLast() ? DONE : portion.end())
                    // It has grown: its beginning is read.
                    : Map.of(source, Arrival.FORGOTTEN, now, portion.end());
            if (!store(portion.pieces(), after)) {
                return false;
            }
            if (portion.isLast()) {
                return now.equals(source);
            }
        }
    }

    /** Returns when they are on disk; false: the feed stops, and they are not. */
    private boolean store(List<Piece> pieces, Map<String, Long> after) throws InterruptedException {
        Map<String, Long> all = new HashMap<>(gone);
        all.putAll(after);
        boolean stored = storeUntilDone(
                new Records(feed.name(), pieces, all), failure -> tell("", "what it reads cannot be stored", failure));
        if (stored) {
            gone.clear();
            works("");
        }
        return stored;
    }
}
