package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What has become of the source objects of a dataset, by all processes that share the record.
 *
 * @param objects that are packed
 * @param events of them in the lake
 * @param dropped events that the SQL left out
 * @param deadLetters of them
 * @param planned objects of packs that are under way, or have failed and are tried again
 * @param setAside objects that cannot be read
 */
public record SourceTotal(
        DatasetName dataset, long objects, long events, long dropped, long deadLetters, long planned, long setAside) {
    /** Of a dataset without any. */
    public static SourceTotal none(DatasetName dataset) {
        return new SourceTotal(dataset, 0, 0, 0, 0, 0, 0);
    }

    /**
     * Those of all datasets. Reads the record of this or another process, and takes no lock.
     *
     * @param folder as for {@link PackedSources#open}
     */
    public static List<SourceTotal> all(Settings settings, Path folder) {
        return new Visit(PackedSources.address(settings, folder)).reading(SourceTotal::all);
    }

    private static List<SourceTotal> all(Sql sql) throws SQLException {
        Map<DatasetName, SourceTotal> all = new TreeMap<>(DatasetName.ORDER);
        sql.each("SELECT tenant, dataset, objects, events, dropped, dead_letters FROM source_dataset", row -> {
            DatasetName name = new DatasetName(row.text(), row.text());
            all.put(name, new SourceTotal(name, row.number(), row.number(), row.number(), row.number(), 0, 0));
        });
        sql.each(
                "SELECT p.tenant, p.dataset, count(*) FROM source_pack p JOIN source_object o ON o.pack = p.id GROUP BY p.tenant, p.dataset",
                row -> {
                    DatasetName name = new DatasetName(row.text(), row.text());
                    all.merge(name, new SourceTotal(name, 0, 0, 0, 0, row.number(), 0), SourceTotal::plus);
                });
        sql.each("SELECT key FROM source_object WHERE reason <> ''", row -> {
            String[] path = row.text().split("/", 3);
            DatasetName name = new DatasetName(path[0], path[1]);
            all.merge(name, new SourceTotal(name, 0, 0, 0, 0, 0, 1), SourceTotal::plus);
        });
        return List.copyOf(all.values());
    }

    private SourceTotal plus(SourceTotal other) {
        return new SourceTotal(
                dataset,
                objects + other.objects,
                events + other.events,
                dropped + other.dropped,
                deadLetters + other.deadLetters,
                planned + other.planned,
                setAside + other.setAside);
    }
}
