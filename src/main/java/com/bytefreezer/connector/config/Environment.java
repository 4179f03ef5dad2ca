package com.bytefreezer.connector.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads the settings that the environment sets: with their own names, the connector's prefix, or the original's names. */
public final class Environment {
    /** The start of names in the environment that are always meant for the connector. */
    public static final String PREFIX = "BYTEFREEZER_CONNECTOR_";

    /** Those of the original connector and of packer. */
    private static final Map<String, String> OF_THE_ORIGINALS = Map.of(
            "ACCOUNT_ID", "control.account-id",
            "BYTEFREEZER_S3SOURCE_ACCESS_KEY", "s3source.access-key",
            "BYTEFREEZER_S3SOURCE_SECRET_KEY", "s3source.secret-key",
            "BYTEFREEZER_CONTROL_SERVICE_API_KEY", "control.api-key");

    private Environment() {}

    /** The values of the {@code known} settings, by their names; {@code destination.config.*} as it is. */
    static Map<String, String> read(Map<String, String> environment, Set<String> known) {
        Map<String, String> found = new LinkedHashMap<>();
        OF_THE_ORIGINALS.forEach((variable, name) -> find(environment, variable, name, found));
        known.forEach(name -> find(environment, variable(name), name, found));
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX + "DESTINATION_CONFIG_")) {
                String rest = variable.substring((PREFIX + "DESTINATION_CONFIG_").length());
                String name = rest.toLowerCase(Locale.ROOT).replace('_', '-');
                found.put(SettingsLayers.CONFIG_OF_DESTINATION + name.replaceFirst("^headers-", "headers."), value);
            }
        });
        known.forEach(name -> find(environment, PREFIX + variable(name), name, found));
        return found;
    }

    private static void find(Map<String, String> environment, String variable, String name, Map<String, String> found) {
        String value = environment.get(variable);
        if (value != null && !value.isBlank() && !isOfService(variable, value)) {
            found.put(name, value);
        }
    }

    /** Kubernetes and Docker tell a container of a service named "server" by SERVER_PORT=tcp://10.0.0.1:80. */
    private static boolean isOfService(String variable, String value) {
        return variable.endsWith("_PORT") && value.matches("(tcp|udp|sctp)://.+:\\d+");
    }

    /** The variable of a setting, without the prefix. */
    public static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** Names in the environment with the connector's prefix that are not settings. */
    public static List<String> unknown(Map<String, String> environment, RouteFiles routes) {
        Set<String> known = new TreeSet<>(SettingsLayers.defaults().keySet());
        known.addAll(routes.naming(NamedDestinations.inEnvironment(environment)).settings());
        Set<String> understood = new TreeSet<>();
        known.forEach(name -> {
            understood.add(PREFIX + variable(name));
            String ofAny = name.replaceFirst("^destination\\.[^.]+\\.", SettingsLayers.CONFIG_OF_DESTINATION);
            understood.add(PREFIX + variable(ofAny));
        });
        SettingsLayers.WITHOUT_EFFECT.forEach(name -> understood.add(PREFIX + variable(name)));
        return environment.keySet().stream()
                .filter(name -> name.startsWith(PREFIX) && !understood.contains(name))
                .filter(name -> !name.startsWith(PREFIX + "DESTINATION_CONFIG_HEADERS_"))
                // What Kubernetes sets for a service named bytefreezer-connector.
                .filter(name -> !name.matches(PREFIX + "(SERVICE_.*|PORT|PORT_\\d+_.*)"))
                .sorted()
                .toList();
    }
}
