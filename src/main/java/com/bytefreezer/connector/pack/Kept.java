package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lake.Shelf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** What is kept of a pack until it is committed, so that a repeat does not make something else. For one thread. */
interface Kept {
    /** What an interrupted pack has made. */
    Optional<Made> before() throws IOException;

    /** Whether the object of {@link #before} is in the lake, and its dead letters are kept. */
    boolean isPut();

    /**
     * Keeps it, before anybody sees it.
     *
     * @param part the folder with the files
     * @return the folder that has the files now
     */
    Path keep(Made made, Path part) throws IOException;

    /** The pack is committed. */
    void end();

    /** On this disk, with the files that SQL has made: nobody else repeats the pack. */
    record Here(Path folder) implements Kept {
        @Override
        public Optional<Made> before() throws IOException {
            return Made.in(folder);
        }

        @Override
        public boolean isPut() {
            return false;
        }

        @Override
        public Path keep(Made made, Path part) throws IOException {
            if (before().isPresent()) {
                return made.isBySql() ? folder : part;
            }
            if (made.isBySql()) {
                made.keep(part, folder);
                return folder;
            }
            Made.mark(folder);
            return part;
        }

        @Override
        public void end() {
            ScratchFolder.remove(folder);
        }
    }

    /** In the lake, if the object got there. Otherwise nobody has seen it, and it may become another one. */
    final class InLake implements Kept {
        private final PutLog log;
        private final Optional<Made> before;

        InLake(PutLog log, Shelf shelf, String key) throws IOException {
            this.log = log;
            Optional<Made> written = log.read().flatMap(Made::of);
            OptionalLong there = written.isPresent() ? shelf.size(key) : OptionalLong.empty();
            before = written.filter(made -> there.isPresent() && there.getAsLong() == made.bytes());
        }

        @Override
        public Optional<Made> before() {
            return before;
        }

        @Override
        public boolean isPut() {
            return before.isPresent();
        }

        @Override
        public Path keep(Made made, Path part) throws IOException {
            if (before.isEmpty()) {
                log.write(made.text());
            }
            return part;
        }

        @Override
        public void end() {
            // The log ends with the plan.
        }
    }
}
