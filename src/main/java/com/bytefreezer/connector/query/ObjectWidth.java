package com.bytefreezer.connector.query;

/**
 * How DuckDB writes a Parquet object, by its number of columns. While it writes, it keeps a dictionary for each column
 * and the rows of a whole row group: the usual ones take 0.6 MB and up to 2 MB of each column. The wider the object, the
 * smaller both are, and the larger the object becomes.
 */
public enum ObjectWidth {
    USUAL(2_000_000, 64, ""),
    /** 453 columns fit into 256 MB with two threads. */
    WIDE(250_000, 64, ", ROW_GROUP_SIZE 10240, DICTIONARY_SIZE_LIMIT 1000, STRING_DICTIONARY_PAGE_SIZE_LIMIT 65536"),
    /** 2,000 columns fit into 256 MB. */
    WIDEST(0, 1, ", ROW_GROUP_SIZE 2048, DICTIONARY_SIZE_LIMIT 0");

    private final long bytesPerColumn;
    private final int mostThreads;
    private final String options;

    ObjectWidth(long bytesPerColumn, int mostThreads, String options) {
        this.bytesPerColumn = bytesPerColumn;
        this.mostThreads = mostThreads;
        this.options = options;
    }

    /** The first that probably fits into so many bytes. */
    public static ObjectWidth of(int columns, long memory) {
        for (ObjectWidth each : values()) {
            if (columns * each.bytesPerColumn <= memory) {
                return each;
            }
        }
        return WIDEST;
    }

    /** Whether another one needs less memory. */
    public boolean isLast() {
        return this == WIDEST;
    }

    /** The one that needs less memory. */
    public ObjectWidth next() {
        return this == USUAL ? WIDE : WIDEST;
    }

    /** How many of these threads it may use. */
    public int threads(int most) {
        return Math.min(most, mostThreads);
    }

    /** The options of COPY for an object of this compression. */
    public String copyOptions(String compression) {
        return "FORMAT parquet, COMPRESSION " + compression + options;
    }
}
