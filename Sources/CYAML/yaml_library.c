#include "yaml_library.h"
#include <dlfcn.h>
#include <stddef.h>

int dde_yaml_open(dde_yaml_library *library) {
    void *handle = dlopen("libyaml-0.so.2", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return 0;
    library->handle = handle;
    library->initialize = dlsym(handle, "yaml_parser_initialize");
    library->delete_parser = dlsym(handle, "yaml_parser_delete");
    library->set_input = dlsym(handle, "yaml_parser_set_input_string");
    library->parse = dlsym(handle, "yaml_parser_parse");
    library->delete_event = dlsym(handle, "yaml_event_delete");
    if (library->initialize && library->delete_parser && library->set_input && library->parse
        && library->delete_event)
        return 1;
    dlclose(handle);
    return 0;
}

void dde_yaml_close(dde_yaml_library *library) { dlclose(library->handle); }
