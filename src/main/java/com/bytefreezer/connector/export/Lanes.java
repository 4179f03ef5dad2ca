package com.bytefreezer.connector.export;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteBuilderLifecycleStrategy;
import org.apache.camel.model.TemplatedRouteDefinition;
import org.apache.camel.model.TemplatedRouteParameterDefinition;
import org.jspecify.annotations.Nullable;

/**
 * Makes one route of the template {@code export} for each destination that an export names. Each is a lane with threads,
 * runs, retries and a cursor of its own, so that none waits for another. Of the export's parameters the route is given the
 * names alone; {@link Export} knows the rest. Used by one thread, at the start.
 */
public final class Lanes implements RouteBuilderLifecycleStrategy {
    private static final String NAME = "name";
    private static final String DESTINATION = "destination";

    private final Settings settings;
    private final Set<String> names = new HashSet<>();

    public Lanes(Settings settings) {
        this.settings = settings;
    }

    @Override
    public void afterConfigure(RouteBuilder routes) {
        List<TemplatedRouteDefinition> lanes = new ArrayList<>();
        for (TemplatedRouteDefinition route :
                routes.getTemplatedRouteCollection().getTemplatedRoutes()) {
            if (route.getRouteTemplateRef().equals("export")) {
                lanes.addAll(lanesOf(route));
            } else {
                lanes.add(route);
            }
        }
        routes.getTemplatedRouteCollection().setTemplatedRoutes(lanes);
    }

    private List<TemplatedRouteDefinition> lanesOf(TemplatedRouteDefinition export) {
        String name = parameter(export, NAME, "");
        if (!names.add(name)) {
            throw new ConnectorException(
                    "two exports are named %s. Not started. Give each file in routes/exports a name of its own."
                            .formatted(name));
        }
        String destinations = parameter(export, DESTINATION, "{{destination.type}}");
        return RouteFiles.destinationsIn(destinations).stream()
                .map(destination -> lane(export, name, destination))
                .toList();
    }

    private static TemplatedRouteDefinition lane(TemplatedRouteDefinition export, String name, String destination) {
        TemplatedRouteDefinition lane = new TemplatedRouteDefinition();
        lane.setRouteTemplateRef(export.getRouteTemplateRef());
        lane.setResource(export.getResource());
        lane.setCamelContext(export.getCamelContext());
        lane.setGroup(export.getGroup());
        lane.setBeans(export.getBeans());
        lane.setRouteId(withDestination(export.getRouteId(), destination));
        lane.setPrefixId(withDestination(export.getPrefixId(), destination));
        return lane.parameter(NAME, name).parameter(DESTINATION, destination);
    }

    private static @Nullable String withDestination(@Nullable String id, String destination) {
        return id == null ? null : id + "-" + destination;
    }

    private String parameter(TemplatedRouteDefinition route, String name, String otherwise) {
        String value = route.getParameters().stream()
                .filter(parameter -> parameter.getName().equals(name))
                .map(TemplatedRouteParameterDefinition::getValue)
                .findFirst()
                .orElse(otherwise);
        return settings.resolve(value);
    }
}
