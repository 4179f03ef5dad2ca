package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.problem.Failures;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exports that another process may run, from their present files, which are read again only after a change. An export that chooses its datasets appears with those that have begun. Safe for use by several threads.
 */
final class ExportsOnDisk {
    private static final Logger LOG = LoggerFactory.getLogger(ExportsOnDisk.class);

    private final Settings settings;
    private final CursorView view;
    private @Nullable Map<String, String> state;
    private List<ExportDefinition> described = List.of();

    ExportsOnDisk(Settings settings, CursorView view) {
        this.settings = settings;
        this.view = view;
    }

    List<ExportDefinition> all() {
        List<ExportDefinition> exports = described();
        if (exports.stream().noneMatch(ExportDefinition::isChoice)) {
            return exports;
        }
        Set<Lane> lanes = view.lanes();
        return exports.stream()
                .flatMap(export -> {
                    DatasetChoice choice = export.choice();
                    if (choice == null) {
                        return Stream.of(export);
                    }
                    return Stream.concat(
                                    choice.named().stream(),
                                    lanes.stream().flatMap(lane -> export.datasetOf(lane).stream()))
                            .distinct()
                            .sorted(DatasetName.ORDER)
                            .map(export::at);
                })
                .toList();
    }

    private synchronized List<ExportDefinition> described() {
        try {
            Map<String, String> now = settings.stateOfExportFiles();
            if (!now.equals(state)) {
                described = settings.exportsNow();
                state = now;
            }
        } catch (UncheckedIOException e) {
            // A file vanished during the look; the next look finds out.
            LOG.debug("{}", Failures.describe(e));
        }
        return described;
    }
}
