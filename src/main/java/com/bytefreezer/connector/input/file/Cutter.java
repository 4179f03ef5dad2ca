package com.bytefreezer.connector.input.file;

/** Finds out where events end, byte by byte. For one thread. */
interface Cutter {
    /**
     * Takes the next byte.
     *
     * @return whether an event may end with it
     * @throws BrokenFileException if no event can follow
     */
    boolean endsWith(byte one) throws BrokenFileException;

    /**
     * The file ends.
     *
     * @throws BrokenFileException if it ends in the middle of something
     */
    default void end() throws BrokenFileException {}

    /** Lines. */
    final class Lines implements Cutter {
        @Override
        public boolean endsWith(byte one) {
            return one == '\n';
        }
    }

    /** Rows of CSV (RFC 4180): an end of line between quotes ends no row. */
    final class Rows implements Cutter {
        private final byte separator;
        private boolean quoted;
        private boolean valueBegins = true;

        Rows(char separator) {
            this.separator = (byte) separator;
        }

        @Override
        public boolean endsWith(byte one) {
            if (one == '"' && (quoted || valueBegins || wasQuote)) {
                quoted = !quoted;
                wasQuote = !quoted;
                valueBegins = false;
                return false;
            }
            wasQuote = false;
            valueBegins = !quoted && (one == separator || one == '\n' || one == '\r');
            return !quoted && one == '\n';
        }

        /** A quote that ended a value; another one after it belongs to the value. */
        private boolean wasQuote;

        @Override
        public void end() throws BrokenFileException {
            if (quoted) {
                throw new BrokenFileException("a quote has no end");
            }
        }
    }

    /** Objects of JSON, one after the other or in arrays. */
    final class Objects implements Cutter {
        private final boolean fromStart;
        private int depth;
        private int arrays;
        private boolean inText;
        private boolean escaped;

        /** @param fromStart of the file; otherwise it may begin within an array */
        Objects(boolean fromStart) {
            this.fromStart = fromStart;
        }

        @Override
        public boolean endsWith(byte one) throws BrokenFileException {
            if (inText) {
                inText = escaped || one != '"';
                escaped = !escaped && one == '\\';
                return false;
            }
            if (depth == 0) {
                return between(one);
            }
            switch (one) {
                case '"' -> inText = true;
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                default -> {}
            }
            return depth == 0;
        }

        private boolean between(byte one) throws BrokenFileException {
            switch (one) {
                case '{' -> depth++;
                case '[' -> arrays++;
                case ']' -> arrays--;
                case ',', ' ', '\t', '\r', '\n' -> {}
                default -> throw new BrokenFileException("something is there that is no object of JSON");
            }
            return depth == 0;
        }

        @Override
        public void end() throws BrokenFileException {
            if (depth > 0 || (fromStart && arrays != 0)) {
                throw new BrokenFileException("its JSON has no end");
            }
        }
    }
}
