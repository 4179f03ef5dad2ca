package com.bytefreezer.connector.control;

import com.bytefreezer.connector.config.Settings;

/** Addresses below {@code control.url}. */
final class ControlUrl {
    private ControlUrl() {}

    /** @param path starts with a slash; {@code control.url} may end with one */
    static String of(Settings settings, String path) {
        return settings.text("control.url").replaceAll("/+$", "") + path;
    }
}
