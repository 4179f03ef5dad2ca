package com.bytefreezer.connector.config;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One export to one destination, with runs, a cursor and dead letters of its own. Its text names it in the cursor, in
 * messages and to people: {@code export/destination}, or {@code export@tenant/dataset/destination} if the export has
 * several datasets. Nothing else writes or reads that text. Immutable.
 *
 * @param export its name in its file; without a slash, and without {@code @} if there is a dataset
 * @param dataset which of the export's datasets; null if it has only one
 * @param destination without a slash
 */
public record Lane(String export, @Nullable DatasetName dataset, String destination) implements Comparable<Lane> {
    private static final Comparator<Lane> ORDER = Comparator.comparing(Lane::toString);
    private static final char AT = '@';
    private static final char SLASH = '/';

    /** @throws IllegalArgumentException if its text would be that of another lane */
    public Lane {
        boolean clear = dataset == null
                ? isWithout(SLASH, export)
                : isWithout(AT, export)
                        && isWithout(SLASH, export)
                        && isWithout(SLASH, dataset.tenant())
                        && isWithout(SLASH, dataset.dataset());
        if (!clear || !isWithout(SLASH, destination)) {
            throw new IllegalArgumentException(
                    "no lane: export \"%s\", dataset %s, destination \"%s\"".formatted(export, dataset, destination));
        }
    }

    /** The lane of an export of one dataset. */
    public Lane(String export, String destination) {
        this(export, null, destination);
    }

    /**
     * Reads the text of a lane.
     *
     * @throws IllegalArgumentException if it is not the text of a lane
     */
    public static Lane parse(String text) {
        int last = text.lastIndexOf(SLASH);
        if (last < 0) {
            throw new IllegalArgumentException("no lane: \"%s\"".formatted(text));
        }
        return of(text.substring(0, last), text.substring(last + 1));
    }

    /**
     * The lane of this {@link #name} to a destination.
     *
     * @throws IllegalArgumentException if there is no such lane
     */
    public static Lane of(String name, String destination) {
        int at = name.indexOf(AT);
        int slash = name.indexOf(SLASH, at);
        return at < 0 || slash < 0
                ? new Lane(name, destination)
                : new Lane(
                        name.substring(0, at),
                        new DatasetName(name.substring(at + 1, slash), name.substring(slash + 1)),
                        destination);
    }

    /** The parts of its text between slashes; they name the folders of its dead letters. */
    public List<String> parts() {
        return List.of(toString().split("/", -1));
    }

    /** The same export and destination, whatever its dataset. */
    public Lane ofAll() {
        return new Lane(export, destination);
    }

    /** The lane of one dataset of the export. */
    public Lane at(DatasetName one) {
        return new Lane(export, one, destination);
    }

    /** The name of the export, with the dataset if it is one of several: {@code export@tenant/dataset}. */
    public String name() {
        return dataset == null ? export : export + AT + dataset;
    }

    /** Compares the texts. */
    @Override
    public int compareTo(Lane other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return name() + SLASH + destination;
    }

    private static boolean isWithout(char sign, String text) {
        return text.indexOf(sign) < 0;
    }
}
