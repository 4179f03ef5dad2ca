package com.bytefreezer.connector.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.DatasetMemory;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.SourceBucket;
import com.bytefreezer.connector.lake.SourceBucket.Source;
import com.bytefreezer.connector.receive.EventBatch;
import com.bytefreezer.connector.receive.EventSplitter;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Shape;
import com.bytefreezer.connector.spool.NewestEvents.Sample;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The first events of the newest source object of a dataset, to try SQL on them.
 *
 * @param path of the object below the dataset's folder
 */
public record NewestObject(String path, Sample sample) {
    /** Of a listing, so that nobody waits long. */
    private static final int MOST_OBJECTS = 20_000;
    /** Of the object, and of what it unpacks to. */
    private static final int MOST_BYTES = 1 << 20;
    /** An end that is missing is found after it. */
    private static final int PIECE = 1 << 13;

    /**
     * Looks for it; empty if the bucket has none.
     *
     * @param credentials of the source bucket
     * @param spool the folder of the spool
     * @param most events
     * @throws IOException if the object cannot be read
     */
    public static Optional<NewestObject> of(
            Settings settings, Credentials credentials, Path spool, DatasetName dataset, int most) throws IOException {
        SourceBucket bucket = SourceBucket.of(settings, credentials).below(dataset + "/");
        Optional<Source> newest = newest(bucket, dataset);
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        Path file = Files.createTempFile(settings.temporaryFolder(), "try-", ".ndjson");
        try {
            if (!bucket.copy(newest.get(), file, MOST_BYTES)) {
                return Optional.empty();
            }
            DatasetMemory memory = DatasetMemory.of(settings, spool, dataset);
            List<String> lines = lines(settings, newest.get(), new SourceFile(file), memory, most);
            return Optional.of(
                    new NewestObject(newest.get().path(), new Sample(lines, memory.shape(), memory.columns())));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static Optional<Source> newest(SourceBucket bucket, DatasetName dataset) {
        List<Source> newest = new ArrayList<>();
        int[] seen = {0};
        bucket.list(page -> {
            page.stream()
                    .filter(each -> each.size() > 0 && SourceName.isOne(dataset + "/" + each.path()))
                    .forEach(newest::add);
            newest.sort(Comparator.comparing(Source::modified).reversed());
            newest.subList(Math.min(1, newest.size()), newest.size()).clear();
            seen[0] += page.size();
            return seen[0] < MOST_OBJECTS;
        });
        return newest.stream().findFirst();
    }

    private static List<String> lines(Settings settings, Source source, SourceFile file, DatasetMemory memory, int most)
            throws IOException {
        EventBatch batch =
                new EventBatch(Shape.of(memory.shape()), source.modified().toEpochMilli(), true);
        EventSplitter splitter = new EventSplitter(Format.NDJSON, settings.integer("feeds.max-line-bytes"), batch);
        byte[] first = first(file);
        // Its last line may go on.
        boolean isWhole = source.size() <= MOST_BYTES && first.length < MOST_BYTES;
        int end = first.length;
        while (!isWhole && end > 0 && first[end - 1] != '\n') {
            end--;
        }
        splitter.take(first, 0, end);
        return UTF_8.decode(splitter.end(Optional.empty()).events())
                .toString()
                .lines()
                .limit(most)
                .toList();
    }

    /** As much as can be unpacked. */
    private static byte[] first(SourceFile file) throws IOException {
        byte[] first = new byte[MOST_BYTES];
        int size = 0;
        try (InputStream unpacked = file.open()) {
            int count = unpacked.read(first, 0, PIECE);
            while (count > 0) {
                size += count;
                count = unpacked.read(first, size, Math.min(PIECE, first.length - size));
            }
        } catch (EOFException e) {
            // Here ends what was copied.
        }
        return Arrays.copyOf(first, size);
    }
}
