package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.receive.Shape;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last packs of a dataset, in a file beside its spool. It is for people: nothing depends on it, and a kill may leave
 * a pack out.
 *
 * @param columnsAdded by all packs but the first
 * @param columnsWidened by all packs: their type has changed to one that holds more values
 * @param packs the newest first
 */
public record PackHistory(long columnsAdded, long columnsWidened, List<Pack> packs) {
    private static final ObjectMapper JSON = Json.mapper();
    private static final String NAME = "packs.json";
    private static final PackHistory NONE = new PackHistory(0, 0, List.of());
    private static final int MOST = 50;
    private static final int MOST_NAMES = 20;
    private static final String PACKED = "packed";
    private static final String FAILED = "failed";

    /**
     * A pack, or the tries of one that has failed.
     *
     * @param state packed or failed
     * @param startedAt of the first try
     * @param sources objects of a bucket that it was made of; 0 if its events come from the spool
     * @param events in the object; received = events + dropped + dead letters
     * @param dropped events that the SQL left out
     * @param object its key below the dataset's folder; null if there is none
     * @param message why it has failed
     */
    public record Pack(
            @JsonProperty("started_at") String startedAt,
            @JsonProperty("finished_at") String finishedAt,
            @JsonProperty("state") String state,
            @JsonProperty("object") @Nullable String object,
            @JsonProperty("source_objects") long sources,
            @JsonProperty("events") long events,
            @JsonProperty("dropped") long dropped,
            @JsonProperty("dead_letters") long deadLetters,
            @JsonProperty("bytes") long bytes,
            @JsonProperty("added") List<String> added,
            @JsonProperty("widened") List<String> widened,
            @JsonProperty("message") @Nullable String message) {
        private Pack with(List<String> newColumns, List<String> wider) {
            return new Pack(
                    startedAt,
                    finishedAt,
                    state,
                    object,
                    sources,
                    events,
                    dropped,
                    deadLetters,
                    bytes,
                    newColumns,
                    wider,
                    message);
        }

        boolean failed() {
            return state.equals(FAILED);
        }
    }

    /** Where the history of the dataset is whose spool is {@code folder}. */
    public static Path file(Path folder) {
        return folder.resolve(NAME);
    }

    /** Of the dataset whose spool is {@code folder}. */
    public static PackHistory read(Path folder) throws IOException {
        Path file = file(folder);
        try {
            return Files.exists(file) ? JSON.readValue(file.toFile(), PackHistory.class) : NONE;
        } catch (JsonProcessingException e) {
            // Of a power failure.
            return NONE;
        }
    }

    /** The last pack, if it has failed. */
    public Optional<Pack> failing() {
        return packs.stream().findFirst().filter(Pack::failed);
    }

    /** The last one that has made an object. */
    public Optional<Pack> last() {
        return packs.stream().filter(pack -> pack.object() != null).findFirst();
    }

    /**
     * Records a pack.
     *
     * @param before the shape of the dataset before it
     * @param after and after it
     */
    static void packed(Path folder, Instant started, Instant now, Packer.Packed packed, String before, String after)
            throws IOException {
        Pack pack = new Pack(
                started.toString(),
                now.toString(),
                PACKED,
                packed.key().orElse(null),
                0,
                packed.events(),
                packed.dropped(),
                packed.deadLetters(),
                packed.bytes(),
                List.of(),
                List.of(),
                null);
        packed(folder, pack, before, after);
    }

    /**
     * Records a pack of objects of a bucket.
     *
     * @param keys of the objects that it has made, of which the first one is shown
     * @param before as for other packs
     */
    public static void ofSources(
            Path folder,
            Instant started,
            Instant now,
            List<String> keys,
            long sources,
            long events,
            long dropped,
            long deadLetters,
            long bytes,
            String before,
            String after)
            throws IOException {
        Pack pack = new Pack(
                started.toString(),
                now.toString(),
                PACKED,
                keys.isEmpty() ? null : keys.get(0),
                sources,
                events,
                dropped,
                deadLetters,
                bytes,
                List.of(),
                List.of(),
                keys.size() > 1 ? "%d objects; this is the first one".formatted(keys.size()) : null);
        packed(folder, pack, before, after);
    }

    private static void packed(Path folder, Pack pack, String before, String after) throws IOException {
        List<String> added = new ArrayList<>();
        List<String> widened = new ArrayList<>();
        if (!before.isEmpty() && !before.equals(after)) {
            Map<String, String> old = Shape.of(before).columns();
            Shape.of(after).columns().forEach((name, type) -> {
                if (!old.containsKey(name)) {
                    added.add(name);
                } else if (!type.equals(old.get(name))) {
                    widened.add(name);
                }
            });
        }
        PackHistory known = read(folder);
        known.with(
                        pack.with(some(added), some(widened)),
                        known.columnsAdded + added.size(),
                        known.columnsWidened + widened.size())
                .write(folder);
    }

    /** Records a pack that will be tried again. */
    public static void failed(Path folder, Instant started, Instant now, String message) throws IOException {
        PackHistory known = read(folder);
        String since = known.failing().map(Pack::startedAt).orElse(started.toString());
        known.with(
                        new Pack(since, now.toString(), FAILED, null, 0, 0, 0, 0, 0, List.of(), List.of(), message),
                        known.columnsAdded,
                        known.columnsWidened)
                .write(folder);
    }

    /** In place of the failed tries before it. */
    private PackHistory with(Pack pack, long allAdded, long allWidened) {
        List<Pack> all = new ArrayList<>(List.of(pack));
        packs.stream().skip(pack.failed() && failing().isPresent() ? 1 : 0).forEach(all::add);
        return new PackHistory(allAdded, allWidened, all.subList(0, Math.min(all.size(), MOST)));
    }

    private void write(Path folder) throws IOException {
        Path file = file(folder);
        PrivateFiles.writeForPeople(file, JSON.writeValueAsBytes(this));
    }

    private static List<String> some(List<String> names) {
        return names.subList(0, Math.min(names.size(), MOST_NAMES));
    }
}
