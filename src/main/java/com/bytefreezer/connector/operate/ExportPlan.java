package com.bytefreezer.connector.operate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a run of an export would do. Estimated from the listing, the footers and the query's result over a few objects.
 *
 * @param rowWise whether each object can be exported separately
 * @param covers incremental (new objects) or full (the whole dataset)
 * @param reason the reason, in DuckDB's operators
 * @param objects the number of objects that would be read
 * @param bytes of these objects
 * @param records in these objects, from their footers; null if one of them cannot be read
 * @param selected records that the query would select; null if a few objects are not enough for an estimate
 * @param exact whether that number is exact
 * @param selectedBytes of their JSON; null if a few objects are not enough for an estimate
 * @param batches that these records would make
 * @param setAside objects that are left out because they killed the process again and again
 * @param sentence a summary in plain words
 * @param notes notes: how often a record arrives, columns with several types, and what is left out
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ExportPlan(
        boolean rowWise,
        String covers,
        String reason,
        long objects,
        long bytes,
        @Nullable Long records,
        @Nullable Long selected,
        boolean exact,
        @Nullable Long selectedBytes,
        @Nullable Long batches,
        List<String> setAside,
        String sentence,
        List<String> notes) {

    static ExportPlan of(
            String kind,
            boolean rowWise,
            String covers,
            String reason,
            long objects,
            long bytes,
            @Nullable Long records,
            @Nullable Long selected,
            boolean exact,
            @Nullable Long selectedBytes,
            long partitions,
            int batchSize,
            List<String> setAside,
            List<String> notes) {
        // A batch never has records of two partitions.
        Long batches = selected == null
                ? null
                : Long.valueOf(Math.max((selected + batchSize - 1) / batchSize, Math.min(selected, partitions)));
        StringBuilder sentence = new StringBuilder(kind);
        sentence.append(" · ").append(counted(objects, "object"));
        if (selected != null && batches != null) {
            sentence.append(" · ").append(exact ? number(selected, "record") : "~" + counted(selected, "record"));
            sentence.append(" · ~").append(counted(batches, batches == 1 ? "batch" : "batche"));
            if (selectedBytes != null) {
                sentence.append(" · ~").append(bytes(selectedBytes));
            }
        } else if (records != null) {
            sentence.append(" with ").append(counted(records, "record"));
            sentence.append(" · ").append(bytes(bytes)).append(" of Parquet");
        }
        if (!setAside.isEmpty()) {
            sentence.append(" · set aside, because it killed the process: ").append(String.join(", ", setAside));
        }
        return new ExportPlan(
                rowWise,
                covers,
                reason,
                objects,
                bytes,
                records,
                selected,
                exact,
                selectedBytes,
                batches,
                setAside,
                sentence.toString(),
                notes);
    }

    private static String number(long number, String what) {
        return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
    }

    public static String counted(long number, String what) {
        return scaled(number, new String[] {"", " k", " M", " G"}) + " " + what + (number == 1 ? "" : "s");
    }

    public static String bytes(long bytes) {
        return scaled(bytes, new String[] {" bytes", " kB", " MB", " GB", " TB"});
    }

    private static String scaled(long number, String[] units) {
        double scaled = number;
        int unit = 0;
        while (scaled >= 1000 && unit < units.length - 1) {
            scaled /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, unit > 0 && scaled < 10 ? "%.1f%s" : "%.0f%s", scaled, units[unit]);
    }
}
