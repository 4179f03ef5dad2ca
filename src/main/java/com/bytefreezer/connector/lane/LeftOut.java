package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.lake.Skipped;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what a full listing of a lane leaves out: keeps it with the cursor, and logs it when it changes. For one thread. */
final class LeftOut {
    private static final Logger LOG = LoggerFactory.getLogger(LeftOut.class);

    private final Exports exports;
    private final ExportDefinition definition;
    private String told = "";

    LeftOut(Exports exports, ExportDefinition definition) {
        this.exports = exports;
        this.definition = definition;
    }

    void tell(Skipped skipped) {
        String text = skipped.toString();
        exports.cursor().lanes().leavesOut(definition.lane(), text);
        if (text.equals(told)) {
            return;
        }
        told = text;
        if (skipped.hasLookAlikes()) {
            LOG.warn("{}: {}", exports.subject(definition), text);
        } else if (!text.isEmpty()) {
            LOG.info("{}: {}", exports.subject(definition), text);
        }
    }
}
