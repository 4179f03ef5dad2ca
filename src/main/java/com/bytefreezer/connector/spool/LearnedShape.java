package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the events of a dataset look like up to a place in its spool, so that the next process need not read them for
 * that. Safe for use by several threads.
 */
public final class LearnedShape {
    private static final Logger LOG = LoggerFactory.getLogger(LearnedShape.class);
    private static final ObjectMapper JSON = Json.mapper();
    private static final String NAME = "shape.json";

    private final Path folder;
    private final Supplier<List<Events>> spooled;
    private Place last = Place.START;
    private boolean isWriting;

    /**
     * Events of a segment.
     *
     * @param from the byte of its file at which the first of them begins
     * @param to where the last of them ends
     */
    public record Events(long segment, Path file, long from, long to) {}

    /**
     * As it is in the file.
     *
     * @param end bytes of the segment
     * @param shape of all events before, as whoever packs writes it
     */
    private record Place(long segment, long end, String shape) {
        private static final Place START = new Place(0, 0, "");
    }

    /** @param spooled all events that are not packed, in the order of arrival */
    LearnedShape(Path folder, Supplier<List<Events>> spooled) {
        this.folder = folder;
        this.spooled = spooled;
    }

    /** Reads what the last process has kept. */
    synchronized void recover(long packedThrough) throws IOException {
        Place there = read();
        boolean isOfWhatIsThere = there.segment <= packedThrough
                || spooled.get().stream().anyMatch(each -> each.segment == there.segment && each.to >= there.end);
        if (isOfWhatIsThere) {
            last = there;
        } else {
            // The disk has lost events, and others will take their places.
            Files.deleteIfExists(folder.resolve(NAME));
            PrivateFiles.force(folder);
        }
    }

    private Place read() {
        try {
            Path file = folder.resolve(NAME);
            return Files.exists(file) ? JSON.readValue(file.toFile(), Place.class) : Place.START;
        } catch (IOException e) {
            // It only saves time.
            return Place.START;
        }
    }

    /** Of all events but the {@link #unread}, besides those of all packs; empty if nothing is known. */
    public synchronized String shape() {
        return last.shape;
    }

    /** The events of which nothing is known, in the order of arrival. */
    public synchronized List<Events> unread() {
        return spooled.get().stream()
                .filter(each -> each.segment >= last.segment)
                .map(each -> new Events(
                        each.segment, each.file, each.segment == last.segment ? last.end : each.from, each.to))
                .filter(each -> each.from < each.to)
                .toList();
    }

    /**
     * Keeps the shape for the next process, if there are more than so many bytes of unread events. If the disk fails, the
     * next process has to read them.
     *
     * @param shape of all events that have arrived when it is asked
     */
    public void keep(Supplier<String> shape, long bytes) {
        Place now;
        synchronized (this) {
            List<Events> unread = unread();
            if (isWriting
                    || unread.stream().mapToLong(each -> each.to - each.from).sum() <= bytes) {
                return;
            }
            isWriting = true;
            Events newest = unread.get(unread.size() - 1);
            now = new Place(newest.segment, newest.to, "");
        }
        try {
            now = new Place(now.segment, now.end, shape.get());
            PrivateFiles.write(folder.resolve(NAME), JSON.writeValueAsBytes(now));
        } catch (IOException e) {
            LOG.debug("shape in {}", folder, e);
        } finally {
            synchronized (this) {
                last = now;
                isWriting = false;
            }
        }
    }
}
