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
 * Records that a destination refuses for good, kept as NDJSON with the reason, in {@code <folder>/<export>/<destination>/}:
 * a file for each run, and another one when that is full. Those of a batch are on disk when {@link #keep} returns, and a
 * repeat of the batch replaces them. Other processes may write to the same folder, each to files of its own. Safe for use by
 * several threads.
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
     * @return the file that has them
     * @throws ConnectorException when they cannot be written; then the batch is not settled
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
     * Before records are searched for that would have to be kept.
     *
     * @throws ConnectorException when they could not be written
     */
    void requireRoom(Lane lane) {
        of(lane).requireRoom();
    }

    /** A run of the lane has ended: the next one has a file of its own. */
    void ended(Lane lane) {
        of(lane).begin();
    }

    /** Nothing more is asked of the lane for now. */
    void forget(Lane lane) {
        lanes.remove(lane);
    }

    /** Those of a lane, and lines that are none; reads file by file. */
    public Stream<DeadLetterLine> lines(Lane lane) {
        return files(lane).stream().flatMap(file -> read(file).stream());
    }

    /** How many records of a lane lie here. */
    public long count(Lane lane) {
        return of(lane).count();
    }

    /** The files of a lane. */
    public List<Path> files(Lane lane) {
        return of(lane).files();
    }

    /**
     * What a file holds, line by line; nothing when it is gone. A line that is no dead letter hides none of the others.
     *
     * @throws ConnectorException when the file cannot be read
     */
    public List<DeadLetterLine> read(Path file) {
        return DeadLetterFolder.read(file);
    }

    /**
     * Puts something else in the place of lines of a file, or nothing, all at once; without any line the file is gone. What
     * has been added to it since they were read stays.
     *
     * @param instead by the lines' {@link DeadLetterLine#digest}
     * @throws ConnectorException when it cannot be written; then the file is as it was
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
