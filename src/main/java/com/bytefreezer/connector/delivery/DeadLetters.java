package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import com.bytefreezer.connector.disk.FileName;
import com.bytefreezer.connector.problem.ConnectorException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Records that a destination refuses for good, kept as NDJSON with the reason, in {@code
 * <folder>/<export>/<destination>/}: a file for each run, and another one when that is full. The dead letters of a
 * batch are on disk when {@link #keep} returns; a repeat of the batch replaces them. Other processes may write to the
 * same folder, each to its own files. Safe for use by several threads.
 */
public final class DeadLetters {
    private final Path folder;
    private final Map<Lane, DeadLetterFolder> lanes = new ConcurrentHashMap<>();

    public DeadLetters(Path folder) {
        this.folder = folder;
    }

    /**
     * Keeps the rejected records of one batch.
     *
     * @return their file
     * @throws ConnectorException if they cannot be written; then the batch is not settled
     */
    Path keep(Batch batch, String destination, List<Rejection> rejections) {
        Unit unit = batch.unit();
        String id = batch.id();
        String now = Instant.now().toString();
        return of(Lane.of(unit.export(), destination))
                .keep(
                        id,
                        rejections.stream()
                                .map(rejection -> new DeadLetter(
                                        now,
                                        unit.export(),
                                        unit.tenant(),
                                        unit.dataset(),
                                        rejection.object(),
                                        rejection.recordNumber(),
                                        id,
                                        destination,
                                        rejection.id(),
                                        rejection.reason(),
                                        rejection.json()))
                                .toList());
    }

    /**
     * Checks that dead letters can be written, before the search for refused records.
     *
     * @throws ConnectorException if they could not be written
     */
    void requireRoom(Lane lane) {
        of(lane).requireRoom();
    }

    /** Ends a run of the lane; the next run has its own file. */
    void ended(Lane lane) {
        of(lane).begin();
    }

    /** Forgets what is cached for the lane. */
    void forget(Lane lane) {
        lanes.remove(lane);
    }

    /** All lines of a lane, including those that are not dead letters; reads file by file. */
    public Stream<DeadLetterLine> lines(Lane lane) {
        return files(lane).stream().flatMap(file -> read(file).stream());
    }

    /** The number of kept records of a lane. */
    public long count(Lane lane) {
        return of(lane).count();
    }

    /** The files of a lane. */
    public List<Path> files(Lane lane) {
        return of(lane).files();
    }

    /**
     * The lines of a file; none if it is gone. A line that is not a dead letter hides none of the others.
     *
     * @throws ConnectorException if the file cannot be read
     */
    public List<DeadLetterLine> read(Path file) {
        return DeadLetterFolder.read(file);
    }

    /**
     * Replaces or removes lines of a file, all in one step; removes a file without lines. Keeps lines that were added
     * since these were read.
     *
     * @param instead by the lines' {@link DeadLetterLine#digest}
     * @throws ConnectorException if it cannot be written; then the file is unchanged
     */
    public void replace(Lane lane, Path file, Map<String, Optional<DeadLetter>> instead) {
        of(lane).replace(file, instead);
    }

    private DeadLetterFolder of(Lane lane) {
        return lanes.computeIfAbsent(lane, name -> new DeadLetterFolder(folderOf(name)));
    }

    private Path folderOf(Lane lane) {
        Path its = folder;
        for (String part : lane.parts()) {
            its = its.resolve(FileName.of(part));
        }
        return its;
    }
}
