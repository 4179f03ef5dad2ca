package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.kit.InputRoute.Way;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What the connectors of one trial have in common.
 *
 * @param port of the feed, if it listens
 * @param given settings; they may have places for what is another in each trial
 */
record TrialSetting(InputRoute route, Path folder, Path lake, int port, Marker marker, Map<String, String> given) {
    private static final Pattern IN_PLACE = Pattern.compile("\\{(folder|trial)}");

    /** Whether a text is another one in each trial. */
    static boolean isPerTrial(String text) {
        return IN_PLACE.matcher(text).find();
    }

    String inPlace(String text) {
        return text.replace("{folder}", folder.toString())
                .replace(InputRoute.TRIAL, marker.id)
                .replace("{feed}", InputRoute.FEED);
    }

    Settings load(Mode mode, Map<String, String> more) throws SettingsException {
        return Settings.load(
                new Settings.Sources(mode, properties(more), Map.of(), null, folder, RouteFiles.in(route.routes())));
    }

    Map<String, String> properties(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "data.folder",
                folder.toString(),
                "lake.root",
                "file:" + lake,
                "server.port",
                "0",
                "feeds.http-port",
                String.valueOf(port),
                // The certification packs at the end.
                "pack.timeout-seconds",
                "86400",
                "shutdown.timeout-seconds",
                "10"));
        if (route.way() == Way.SOCKETS) {
            all.put("feeds.test.port", String.valueOf(port));
        }
        if (route.isPerTrial()) {
            all.put("feeds.test.trial", marker.id);
        }
        all.putAll(given);
        all.replaceAll((name, value) -> inPlace(value));
        all.putAll(more);
        return all;
    }

    /** Packs what is in the spool, and says whether it is all in the lake. */
    boolean packs() throws Exception {
        try (Feeds feeds = new Feeds(load(Mode.PACK, Map.of()), Secrets.ofProcess(), Mode.PACK)) {
            return feeds.packAll();
        } catch (ConnectorException e) {
            return false;
        }
    }
}
