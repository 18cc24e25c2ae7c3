// libyaml's parser, taken from the shared library only where a file is to be read: an exporter that
// has no web configuration never loads it.
#pragma once
#include <yaml.h>

typedef struct {
    void *handle;
    __typeof__(yaml_parser_initialize) *initialize;
    __typeof__(yaml_parser_delete) *delete_parser;
    __typeof__(yaml_parser_set_input_string) *set_input;
    __typeof__(yaml_parser_parse) *parse;
    __typeof__(yaml_event_delete) *delete_event;
} dde_yaml_library;

// Loads the library. Returns 1, or 0 where it isn't installed or lacks a function.
int dde_yaml_open(dde_yaml_library *library);

// Gives the library up again.
void dde_yaml_close(dde_yaml_library *library);
