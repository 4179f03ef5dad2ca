package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.query.MixedColumn;
import com.bytefreezer.connector.query.Schema;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The known columns of each exported dataset: shared by all lanes and kept with the cursor. Logs where objects
 * disagree. Safe for use by several threads.
 */
final class Schemas {
    private static final Logger LOG = LoggerFactory.getLogger(Schemas.class);

    private final Settings settings;
    private final Cursor cursor;
    private final Map<DatasetName, Known> known = new ConcurrentHashMap<>();

    /** A dataset; its fields are guarded by itself. */
    private static final class Known {
        private final Schema schema;
        private long keptVersion;
        private boolean isNew;
        /** The types that the log has reported, by column. */
        private final Map<String, String> told = new HashMap<>();

        private final Set<String> toldLosses = new HashSet<>();

        private Known(Schema schema) {
            this.schema = schema;
        }
    }

    Schemas(Settings settings, Cursor cursor) {
        this.settings = settings;
        this.cursor = cursor;
    }

    /** The known columns of a dataset; they grow while objects are read. */
    Schema of(DatasetName dataset) {
        return known(dataset).schema;
    }

    private Known known(DatasetName dataset) {
        return known.computeIfAbsent(dataset, name -> {
            Known one = new Known(Schema.of(settings));
            cursor.columns().of(name).ifPresent(one.schema::add);
            one.isNew = one.schema.isEmpty();
            one.keptVersion = one.schema.version();
            one.schema.mixed().forEach(mixed -> one.told.put(mixed.name(), mixed.type()));
            return one;
        });
    }

    /** Stores what was learned since the last call, and logs what changes for destinations. */
    void keep(DatasetName dataset) {
        Known one = known(dataset);
        synchronized (one) {
            long version = one.schema.version();
            if (version == one.keptVersion) {
                return;
            }
            // Another replica may have learned something else meanwhile.
            cursor.columns().keep(dataset, kept -> {
                kept.ifPresent(one.schema::add);
                return one.schema.toJson();
            });
            one.keptVersion = one.schema.version();
            for (MixedColumn mixed : one.schema.mixed()) {
                if (!mixed.type().equals(one.told.put(mixed.name(), mixed.type()))) {
                    tell(dataset, mixed, one.isNew);
                }
            }
            one.isNew = false;
            one.schema.losses().stream()
                    .filter(one.toldLosses::add)
                    .forEach(loss -> LOG.warn("dataset {}: {}.", dataset, loss));
        }
    }

    private static void tell(DatasetName dataset, MixedColumn mixed, boolean isNew) {
        if (isNew) {
            LOG.info(
                    "dataset {}: {}: {}: all records have it as {}. Set columns.types to choose another type.",
                    dataset,
                    mixed.name(),
                    mixed.types(),
                    mixed.type());
        } else {
            LOG.warn(
                    "dataset {}: the column {} is {} from now on, because it is {}. The destination's mapping may be different. Set columns.types to choose another type.",
                    dataset,
                    mixed.name(),
                    mixed.type(),
                    mixed.types());
        }
    }
}
