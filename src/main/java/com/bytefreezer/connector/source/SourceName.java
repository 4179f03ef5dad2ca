package com.bytefreezer.connector.source;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.text.Names;
import java.util.regex.Pattern;

/** The names of source objects, {@code tenant/dataset/…}. */
final class SourceName {
    /** The platform's Piper writes {@code …--ndjson.gz}. */
    private static final Pattern NDJSON = Pattern.compile("(?i)(\\.|--)(ndjson|jsonl)(\\.gz)?$");
    /** The folder of a dataset's objects in a lake, which may be in the same place. */
    private static final String LAKE = "data";

    private SourceName() {}

    static boolean isOne(String path) {
        String[] parts = path.split("/", 3);
        return parts.length == 3
                && Names.isOfDataset(parts[0])
                && Names.isOfDataset(parts[1])
                && !isOfLake(parts)
                && NDJSON.matcher(parts[2]).find();
    }

    /** Whether somebody may wonder why it is not read. */
    static boolean isStrange(String path) {
        return !path.endsWith("/") && !isOfLake(path.split("/", 3));
    }

    private static boolean isOfLake(String[] parts) {
        return parts.length == 3 && parts[2].startsWith(LAKE + "/");
    }

    static DatasetName dataset(String path) {
        String[] parts = path.split("/", 3);
        return new DatasetName(parts[0], parts[1]);
    }
}
